"""Writes the table of values into the chart's README, from its schema."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHART = Path(__file__).parents[1] / "charts" / "canslim"
README = CHART / "README.md"
BEGIN, END = "<!-- values -->\n", "<!-- /values -->\n"
HEAD = "| key | type | default | meaning |\n| --- | --- | --- | --- |\n"


def rows(schema: dict[str, Any], definitions: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, written in schema["properties"].items():
        # What stands beside a reference is of this place, so it counts.
        value = definitions.get(written.get("$ref", "").rpartition("/")[2], {}) | written
        key = f"{path}{name}"
        if "default" in value:
            yield f"| `{key}` | {_type(value)} | {_code(value['default'])} | {_cell(value['description'])} |\n"
        else:
            yield f"| **`{key}`** | | | {_cell(value['description'])} |\n"
            yield from rows(value, definitions, f"{key}.")


def table() -> str:
    schema = json.loads((CHART / "values.schema.json").read_text())
    return HEAD + "".join(rows(schema, schema["definitions"]))


def render(readme: str) -> str:
    before, _, rest = readme.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def _type(value: dict[str, Any]) -> str:
    if "enum" in value:
        return " ".join(f"`{word}`" for word in value["enum"])
    types = value["type"]
    return types if isinstance(types, str) else " or ".join(types)


def _code(default: object) -> str:
    return f"`{_cell(json.dumps(default, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    README.write_text(render(README.read_text()))
