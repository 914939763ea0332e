"""Runs a page of prose and code: each `python` block, and beneath it what it shows in a `text` block.

As in a notebook, blocks share their names, and the value of a last line that is an expression is shown.
`python -m tests.ratings.notebook docs/tutorial.md` writes the page anew with what comes out today.
"""

import ast
import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

#: A block of code, and the output beneath it if there is one.
CELL = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def run(page: str) -> str:
    """The page with the output of its code as it comes out now."""
    names: dict[str, Any] = {}

    def cell(found: re.Match[str]) -> str:
        code = found[1]
        shown = _shown(code, names)
        output = f"\n```text\n{shown}```\n" if shown else ""
        return f"```python\n{code}```\n{output}"

    return CELL.sub(cell, page)


def _shown(code: str, names: dict[str, Any]) -> str:
    *before, last = ast.parse(code).body
    text = io.StringIO()
    with redirect_stdout(text):
        if not isinstance(last, ast.Expr):
            before.append(last)
        exec(compile(ast.Module(before, []), "<page>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<page>", "eval"), names)
            if value is not None:
                print(value)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(run(path.read_text()))
