"""What the API server refuses beyond its schemas: names, labels, quantities, references of images, networks."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = re.compile(rf"(?=.{{1,253}}\Z){DNS_LABEL}(\.{DNS_LABEL})*")
HOST = re.compile(rf"(\*\.)?{DNS_LABEL}(\.{DNS_LABEL})*")
LABEL_KEY = re.compile(rf"({DNS_LABEL}(\.{DNS_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"(?=.{0,63}\Z)(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+|m|k|Ki|M|Mi|G|Gi|T|Ti)?")
ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
#: https://github.com/distribution/reference: where, what, and which.
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*(:[0-9]+)?/)?{_PART}(/{_PART})*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
#: Fields that hold maps of labels.
LABELS = ("labels", "matchLabels", "nodeSelector")
#: What a field has to look like, wherever it is.
TEXTS = {
    "topologyKey": LABEL_KEY,
    "host": HOST,
    "image": IMAGE,
    **dict.fromkeys(
        ("ingressClassName", "storageClassName", "secretName", "serviceAccountName", "claimName", "serviceName"),
        SUBDOMAIN,
    ),
}


def refused(found: dict[str, Any]) -> list[str]:
    """Where an object would be refused."""
    name = found["metadata"]["name"]
    unnamed = [] if SUBDOMAIN.fullmatch(name) else [f"metadata.name: {name!r}"]
    return unnamed + list(_walk(found, ""))


def _walk(node: object, path: str) -> Iterator[str]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _walk(item, f"{path}[{index}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            here = f"{path}.{key}".strip(".")
            yield from (f"{here}: {wrong!r}" for wrong in _wrong(key, value, node))
            if key not in ("annotations", "data", "stringData"):
                yield from _walk(value, here)


def _wrong(key: str, value: Any, node: dict[str, Any]) -> Iterator[object]:
    if key in TEXTS and isinstance(value, str) and not TEXTS[key].fullmatch(value):
        yield value
    elif key in LABELS and isinstance(value, dict):
        yield from (name for name in value if not LABEL_KEY.fullmatch(name))
        yield from (text for text in value.values() if not LABEL_VALUE.fullmatch(text))
    elif key == "env":
        yield from (one["name"] for one in value if not ENV_NAME.fullmatch(one["name"]))
    elif key in ("requests", "limits"):
        yield from (amount for amount in value.values() if not QUANTITY.fullmatch(str(amount)))
    elif key == "cidr":
        yield from _networks([value])
    elif key == "ipBlock" and node.keys() & {"podSelector", "namespaceSelector"}:
        yield sorted(node)


def _networks(texts: list[str]) -> Iterator[str]:
    for text in texts:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            yield text
