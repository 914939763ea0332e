"""Cuts off what shared libraries carry for debuggers, as `strip` would; the builder stage has no binutils.

    strip_libraries.py FOLDER

A program that loads a library reads its segments. What comes behind the last one, and the list of sections, which is
there too, is for linkers and debuggers; some wheels hold more of that than of code.
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

#: An ELF file of 64 bits, little-endian, as those of x86-64 and of arm64 are.
MAGIC = b"\x7fELF\x02\x01"
#: Its header, and a segment's: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")


def stripped(library: bytes) -> bytes:
    """The library without symbols for debuggers. Anything else comes back as it is."""
    if not library.startswith(MAGIC):
        return library
    identity, kind, machine, version, entry, segments_at, _, flags, size, each, count, *_ = HEADER.unpack_from(library)
    found = [SEGMENT.unpack_from(library, segments_at + number * each) for number in range(count)]
    end = max([segments_at + count * each, *(offset + length for _, _, offset, _, _, length, _, _ in found)])
    no_sections = (0, 0, 0)
    header = HEADER.pack(
        identity, kind, machine, version, entry, segments_at, 0, flags, size, each, count, *no_sections
    )
    return header + library[HEADER.size : end]


def libraries(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.so*") if path.is_file() and not path.is_symlink())


def main() -> None:
    for path in libraries(Path(sys.argv[1])):
        library = path.read_bytes()
        if (smaller := stripped(library)) != library:
            path.write_bytes(smaller)


if __name__ == "__main__":
    main()
