"""The Springfield demo agency and the platform simulators."""
