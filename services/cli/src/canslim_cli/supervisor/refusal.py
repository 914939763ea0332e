"""Why `canslim up` does not start, or does not go on."""


class UpRefused(Exception):  # noqa: N818 - it is an answer, not a fault: the command prints it and exits with 2.
    """One clear line for the person at the terminal."""
