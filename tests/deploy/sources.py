"""What the files that describe the same system say, each in its own words."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
#: The three images, in this order everywhere.
SERVICES = ("api", "collector", "scoring")


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def load_all(path: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def dockerfile_stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage of the Dockerfile, with those of the stages of this file that it starts from."""
    stages: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    for line in re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines():
        if began := re.match(r"FROM (\S+) AS (\S+)", line):
            current = stages[began[2]] = list(stages.get(began[1], ()))
        elif instruction := re.match(r"([A-Z]+) (.*)", line):
            current.append((instruction[1], instruction[2]))
    return stages


def instructions(stage: str, name: str) -> list[str]:
    return [value for instruction, value in dockerfile_stages()[stage] if instruction == name]
