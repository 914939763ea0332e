from pathlib import Path

import pytest
from pydantic import ValidationError

from canslim_infra.settings import Settings, SettingsError, read_settings

GOOD = {
    "CANSLIM_DATABASE_URL": "postgresql://canslim:hunter2@db/canslim",
    "CANSLIM_REDIS_URL": "redis://:hunter2@redis/0",
}


def complaint(**environ: str) -> str:
    """What is said of these variables, with everything else right; an empty one is left out."""
    given = GOOD | {f"CANSLIM_{name}": value for name, value in environ.items()}
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value for name, value in given.items() if value})
    return str(caught.value)


def test_the_environment_of_a_service_is_two_urls() -> None:
    settings = read_settings(GOOD)
    assert (settings.provider, settings.api_port, settings.drain.total_seconds()) == ("sample", 8000, 25)


def test_values_are_read_as_what_they_are() -> None:
    settings = read_settings(GOOD | {"CANSLIM_API_PORT": "0", "CANSLIM_FILES_DIR": "/data"})
    assert (settings.api_port, settings.files_dir) == (0, Path("/data"))


def test_every_wrong_variable_is_named_at_once_one_a_line() -> None:
    lines = complaint(
        DATABASE_URL="mysql://db", REDIS_URL="", PROVIDER="oracle", API_PORT="http", COLLECTOR_THREADS="0", API_PROT="1"
    ).splitlines()
    named = [line.split(":")[0].strip() for line in lines[1:]]
    assert sorted(named) == [
        "CANSLIM_API_PORT",
        "CANSLIM_API_PROT",
        "CANSLIM_COLLECTOR_THREADS",
        "CANSLIM_DATABASE_URL",
        "CANSLIM_PROVIDER",
        "CANSLIM_REDIS_URL",
    ]


def test_a_missing_variable_is_called_required() -> None:
    assert "CANSLIM_REDIS_URL: required, not set" in complaint(REDIS_URL="")


def test_a_misspelt_variable_comes_with_a_guess() -> None:
    assert "CANSLIM_API_PROT: there is no such setting (did you mean CANSLIM_API_PORT?)" in complaint(API_PROT="1")


def test_a_wrong_value_is_repeated() -> None:
    assert "CANSLIM_PROVIDER: Input should be 'sample', 'files', 'synthetic' or 'yahoo', not 'oracle'" in complaint(
        PROVIDER="oracle"
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "ADMIN_TOKEN", "API_TOKEN"])
def test_a_secret_is_not_repeated(name: str) -> None:
    said = complaint(**{name: "oh:hunter2@x", "PROVIDER": "oracle"})
    assert f"CANSLIM_{name}" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "65536"),
        ("METRICS_PORT", "-1"),
        ("SCORING_THREADS", "17"),
        ("SYNTHETIC_SYMBOLS", "0"),
        ("SYNTHETIC_LATENCY_MS", "inf"),
        ("SYNTHETIC_FAILURE_RATE", "1"),
        ("DRAIN_SECONDS", "0"),
        ("DRAIN_SECONDS", "inf"),
        ("DRAIN_SECONDS", "nan"),
        ("ADMIN_TOKEN", "short"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_value_out_of_range_is_refused(name: str, value: str) -> None:
    assert f"CANSLIM_{name}: " in complaint(**{name: value})


def test_variables_of_others_are_none_of_our_business() -> None:
    assert read_settings(GOOD | {"PATH": "/bin", "PGPORT": "1"}) == read_settings(GOOD)


def test_settings_do_not_change() -> None:
    settings = read_settings(GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        settings.api_port = 1


def test_every_setting_has_its_line_in_the_documentation() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    assert [name for name in Settings.model_fields if f"`CANSLIM_{name.upper()}`" not in documented] == []
