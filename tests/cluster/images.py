"""Makes the images that the chart asks for by default, in one archive, where no registry of images is reached.

    python -m tests.cluster.images ARCHIVE

Ours are built of this source, PostgreSQL's and Valkey's are the stand-ins of tests/images. Wants root, and Debian's
packages of tools/debian.txt.
"""

import os
import sys
import tempfile
from pathlib import Path

import yaml

from tests.chart.rendering import CHART, METADATA
from tests.images import building
from tests.images.engine import Engine, temporary_engine

#: What a pod means by a name without a host.
USUAL = "docker.io"
#: initdb wants its account to have a name.
NAMED = "FROM {image}\nRUN useradd --uid 10001 canslim\n"


def main(archive: Path) -> None:
    kept = os.environ.get("TEST_ENGINE_DIR")
    engine = Engine(Path(kept)) if kept else temporary_engine()
    try:
        building.build_base(engine)
        building.build_images(engine)
        with tempfile.TemporaryDirectory() as folder:
            building.build_servers(engine, Path(folder))
        engine.podman("build", "--tag", building.server_image("postgres"), "-", input=_named("postgres"))
        names = _wanted()
        for image, name in names.items():
            engine.podman("tag", image, name)
        archive.unlink(missing_ok=True)
        engine.podman("save", "--multi-image-archive", "--output", str(archive), *names.values())
    finally:
        if not kept:
            engine.close()


def _named(server: str) -> str:
    return NAMED.format(image=building.server_image(server))


def _wanted() -> dict[str, str]:
    """What the chart asks for, by what was built for it."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    names = {
        building.image(service): f"{USUAL}/library/canslim-{service}:{METADATA['appVersion']}"
        for service in building.SERVICES
    }
    for server, section in (("postgres", "postgresql"), ("valkey", "valkey")):
        image = values[section]["image"]
        path = image["repository"] if "/" in image["repository"] else f"library/{image['repository']}"
        names[building.server_image(server)] = f"{USUAL}/{path}:{image['tag']}"
    return names


if __name__ == "__main__":
    main(Path(sys.argv[1]))
