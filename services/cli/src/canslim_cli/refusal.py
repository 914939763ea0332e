"""Why `canslim up` does not start, or does not go on."""


class UpRefused(Exception):
    """One clear line for the person at the terminal."""
