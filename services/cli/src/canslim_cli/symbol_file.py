"""Symbols from a text file that a person wrote."""

from typing import TextIO


class SymbolFileError(Exception):
    """One clear line for the person at the terminal."""


def read_symbols(file: TextIO) -> list[str]:
    """Symbols separated by white space or commas; # starts a comment. Raises SymbolFileError."""
    try:
        lines = [line.partition("#")[0] for line in file]
    except UnicodeDecodeError as error:
        raise SymbolFileError(f"{file.name}: expected text in UTF-8, not {error.object[error.start :][:1]!r}") from None
    symbols = " ".join(lines).replace(",", " ").split()
    if not symbols:
        raise SymbolFileError(f"{file.name}: expected symbols, separated by spaces, commas or lines; it has none")
    return symbols
