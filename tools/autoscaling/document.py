"""The generated parts of docs/autoscaling.md, and its pictures."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tools.autoscaling import report
from tools.autoscaling.chart import ROOT
from tools.autoscaling.picture import draw
from tools.autoscaling.rules import BY_LIST, HPA, KEDA
from tools.autoscaling.traces import TRACES

DOCUMENT: Final = ROOT / "docs/autoscaling.md"
PICTURES: Final = ROOT / "docs/pictures"
#: Stands in the document as <!-- name --> … <!-- end -->.
BLOCKS: Final[Mapping[str, Callable[[], str]]] = {
    "settings": report.settings,
    **{name: partial(report.comparison, name) for name in TRACES},
    "variants": report.variants,
    "fallbacks": report.fallbacks,
    "prometheus": report.prometheus_away,
    "drains": report.drains,
    "capped": report.capped,
}
#: Name of the picture's trace: what is drawn, and of how many minutes.
DRAWN: Final = {"burst": ("A burst of 200 tasks", 24), "long": ("48 tasks of two to ten minutes", 30)}


def block(text: str, name: str) -> str:
    """A generated part of the document as it stands."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    if found is None:
        raise LookupError(f"{DOCUMENT.name} has no part {name}")
    return found[1]


def picture(name: str) -> str:
    """The chart's rules and the usual one on a trace."""
    title, minutes = DRAWN[name]
    shown = {rule.name: report.outcome(rule, name).pools["collector"].moments for rule in (KEDA, HPA, BY_LIST)}
    return draw(shown, title=title, minutes=minutes)


def write() -> None:
    text = DOCUMENT.read_text()
    for name, make in BLOCKS.items():
        text = text.replace(
            f"<!-- {name} -->\n{block(text, name)}<!-- end -->", f"<!-- {name} -->\n{make()}<!-- end -->"
        )
    DOCUMENT.write_text(text)
    PICTURES.mkdir(exist_ok=True)
    for name in DRAWN:
        (PICTURES / f"autoscaling-{name}.svg").write_text(picture(name))
