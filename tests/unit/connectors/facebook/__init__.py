"""The Facebook connector and the simulated Graph that it is tested against."""
