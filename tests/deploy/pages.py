"""Pages for operators: what they tell to type, and what they name."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile
from pathlib import Path
from typing import Final

from tests.deploy.sources import ROOT

#: A block of commands, or a command in a sentence.
CODE: Final = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)
ASSIGNMENT: Final = re.compile(r"[A-Z]+=.*")


@dataclass(frozen=True)
class Page:
    name: str

    @property
    def path(self) -> Path:
        return ROOT / "docs" / f"{self.name}.md"

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    def commands(self) -> Iterator[list[str]]:
        """Every command of the page, in words; those behind a pipe are commands too."""
        for block, inline in CODE.findall(self.text):
            for line in (block or inline).replace("\\\n", " ").replace("|\n", "| ").splitlines():
                for part in line.split(" | "):
                    try:
                        yield shlex.split(part)
                    except ValueError:
                        # Half of a sentence's code, such as one quote.
                        continue

    def called(self, program: str) -> list[list[str]]:
        """What a program is called with; what a container is to run counts, and variables before it don't."""
        found = []
        for words in self.commands():
            own = list(dropwhile(ASSIGNMENT.fullmatch, words))
            inner = own[own.index("--") + 1 :] if "--" in own else []
            found += [one[1:] for one in (own, inner) if len(one) > 1 and one[0] == program]
        return found


OPERATING: Final = Page("operating")
ALERTS: Final = Page("alerts")
PAGES: Final = (OPERATING, ALERTS)


def called(program: str) -> list[list[str]]:
    """What the pages call a program with."""
    return [words for page in PAGES for words in page.called(program)]


def ids(words: list[str]) -> str:
    return " ".join(words)[:60]


def options(words: list[str], *names: str) -> list[tuple[str, str]]:
    return [(word, words[index + 1]) for index, word in enumerate(words) if word in names]
