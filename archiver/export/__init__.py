"""Writes what was released into packages; reads nothing but what was staged for release."""
