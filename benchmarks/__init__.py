"""Measurements that the README quotes; each prints a ratio to a named peer or limit."""
