"""Handlers, one noun a file."""
