"""What the operator may set, and the law as data."""
