"""Starts the images one by one, each in its own container: read-only, without a right, with /tmp alone to write to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.images.building import image, server_image
from tests.images.engine import Engine, until
from tests.images.installation import TOKEN, Container, Installation

NETWORK = "inside"
PASSWORD = "password-of-the-tests"
DRAIN = 60
#: What an orchestrator gives a process to end: its time to drain, and 15 s.
GRACE = DRAIN + 15
#: As compose.yaml and the chart have them.
CONTAINED = (
    "--detach", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges",
    f"--network={NETWORK}", "--tmpfs=/tmp:mode=1777,size=64m",
)  # fmt: skip


def settings(**more: str) -> dict[str, str]:
    return {
        "CANSLIM_DATABASE_URL": f"postgresql://canslim:{PASSWORD}@postgres/canslim",
        "CANSLIM_REDIS_URL": "redis://valkey/0",
        "CANSLIM_DRAIN_SECONDS": str(DRAIN),
        **more,
    }


def start(engine: Engine, name: str, which: str, *options: str, **environment: str) -> Container:
    variables = [f"--env={variable}={value}" for variable, value in environment.items()]
    engine.podman("run", *CONTAINED, f"--name={name}", *options, *variables, which)
    return Container(engine, name)


@contextmanager
def started(engine: Engine, collectors: int = 1, files: Path | None = None, **more: str) -> Iterator[Installation]:
    """files: a folder that collectors find at /files."""
    engine.podman("network", "create", NETWORK)
    access = {"POSTGRES_USER": "canslim", "POSTGRES_DB": "canslim", "POSTGRES_PASSWORD": PASSWORD}
    start(engine, "postgres", server_image("postgres"), "--user=999", "--tmpfs=/var/run/postgresql", **access)
    start(engine, "valkey", server_image("valkey"), "--user=999")
    environment = settings(**more)
    until(lambda: engine.succeeds("exec", "postgres", "pg_isready", "--host=127.0.0.1"), "PostgreSQL answers")
    migration = start(engine, "migration", image("api"), '--entrypoint=["canslim", "db", "upgrade"]', **environment)
    assert engine.podman("wait", "migration") == "0", migration.logs()
    api = start(engine, "api", image("api"), **environment, CANSLIM_ADMIN_TOKEN=TOKEN)
    mounts = [] if files is None else [f"--volume={files}:/files:ro"]
    pool = [
        start(engine, f"collector-{number}", image("collector"), *mounts, **environment) for number in range(collectors)
    ]
    scoring = start(engine, "scoring", image("scoring"), **environment)
    processes = {"api": [api], "collector": pool, "scoring": [scoring]}
    with Installation(engine, "postgres", processes, f"http://{api.address}:8000") as installation:
        yield installation
