"""Where sealed files lie; it never learns what is in them."""
