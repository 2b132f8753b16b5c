"""Stand-ins for platforms: real HTTP servers on loopback that follow the published specs."""
