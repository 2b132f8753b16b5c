"""The SQL, one module per subject; each takes a connection and returns plain values."""
