"""Values for installing the chart in a test."""

import os
from typing import Any

from tests.chart.rendering import SERVERS

#: What the secrets of the values hold. Nobody is there.
ADDRESSES = {
    "database": "postgresql://canslim:none@postgresql.invalid/canslim",
    "redis": "redis://valkey.invalid/0",
}
#: So that an upgrade, with old and new pods, fits a small node.
SMALL = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}}


def images() -> dict[str, Any]:
    """Where CANSLIM_TEST_IMAGE_REGISTRY and CANSLIM_TEST_IMAGE_TAG say that the images are."""
    return {
        "registry": os.environ.get("CANSLIM_TEST_IMAGE_REGISTRY", ""),
        "tag": os.environ.get("CANSLIM_TEST_IMAGE_TAG", ""),
    }


def with_servers(**values: Any) -> dict[str, Any]:
    """Servers that nobody finds, for what happens without them."""
    return {**SERVERS, **values}


def trial(**values: Any) -> dict[str, Any]:
    """Servers come along."""
    return {
        "images": images(),
        "postgresql": {"bundled": True, **SMALL},
        "valkey": {"bundled": True, **SMALL},
        "api": SMALL,
        "poolDefaults": {"collector": SMALL, "scoring": SMALL},
        **values,
    }


def secrets() -> list[dict[str, Any]]:
    """Those that the values name, with every key by which they do."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "stringData": dict.fromkeys(("url", "address"), value),
        }
        for name, value in ADDRESSES.items()
    ]
