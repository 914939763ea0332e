"""Dramatiq on Redis: the wake-up call. Nothing here is relied on; PostgreSQL knows what is due."""
