"""The rules as they are in the chart, checked and run by Prometheus' own tool."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.alert_cases import CASES, Case
from tests.monitoring.conftest import CHART
from tests.monitoring.healthy import HEALTHY, LENGTH, flat, growing
from tests.monitoring.inhibition import loud
from tests.programs import program

pytestmark = pytest.mark.debian
#: Minutes, from which on rules are evaluated less often, for that takes the time.
LONG = 400
#: Alerts that can all fire at once, and that join series of several kinds.
MUCH = {
    "CanslimApiErrors",
    "CanslimAutoscalerBlind",
    "CanslimCoverageLow",
    "CanslimDeadLetters",
    "CanslimMessagesUnsent",
    "CanslimPoolAtMaximum",
    "CanslimPodsUnavailable",
    "CanslimScalerErrors",
    "CanslimTasksWait",
}
RULES = sorted((CHART / "rules").glob("*.yaml"))


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_files_are_rule_files() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)


@pytest.mark.parametrize("alert", sorted({case.alert for case in CASES}))
def test_an_alert_fires_when_it_should_and_only_then(alert: str, tmp_path: Path) -> None:
    cases = [case for case in CASES if case.alert == alert]
    run([_test(case) for case in cases if case.at < LONG], tmp_path)
    run([_test(case) for case in cases if case.at >= LONG], tmp_path, every="5m")


def test_an_installation_that_is_well_raises_no_alert_in_a_day(tmp_path: Path) -> None:
    quiet = {"expr": 'ALERTS{alertstate="firing"}', "exp_samples": []}
    moments = [quiet | {"eval_time": f"{at}m"} for at in range(60, LENGTH, 120)]
    run([_test_of("well", {}, moments)], tmp_path, every="5m")


def test_installations_are_told_apart(tmp_path: Path) -> None:
    """One where much is wrong, beside one that is well."""
    wrong: dict[str, Case] = {}
    for case in CASES:
        if case.alert in MUCH and case.fires is not None and case.at < LONG:
            wrong.setdefault(case.alert, case)
    changes = {short: values for case in wrong.values() for short, values in case.changes.items()}
    moment = {"eval_time": "40m"}
    both = _test_of("two installations", changes, [])
    well = _test_of("well", {}, [])["input_series"]
    both["input_series"] += [one | {"series": _elsewhere(one["series"])} for one in well]
    both["promql_expr_test"] = [
        moment | {"expr": 'ALERTS{alertstate="firing",namespace!="canslim"}', "exp_samples": []},
        moment
        | {
            "expr": 'count by (alertname) (ALERTS{alertstate="firing",namespace="canslim"}) >= bool 1',
            "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(MUCH)],
        },
    ]
    run([both], tmp_path)


def test_redis_away_fires_three_critical_alerts_of_which_one_is_told(tmp_path: Path) -> None:
    changes = {"redis": flat(0), "second redis": flat(0), "unsent": growing(10)}
    changes |= {"rs ready": flat(3), "rs started": flat(50)}
    firing = [
        {"alertname": "CanslimMessagesUnsent"},
        {"alertname": "CanslimQueueStalled", "queue": "scoring"},
        {"alertname": "CanslimRedisDown"},
    ]
    alerts = [alert | {"namespace": "canslim", "severity": "critical"} for alert in firing]
    samples = [{"labels": _labels(alert | {"alertstate": "firing"}), "value": 1} for alert in alerts]
    moment = {"expr": 'ALERTS{alertstate="firing",severity="critical"}', "eval_time": "30m", "exp_samples": samples}
    run([_test_of("Redis away", changes, [moment])], tmp_path)
    assert [alert["alertname"] for alert in loud(alerts)] == ["CanslimRedisDown"]


def _labels(labels: Mapping[str, str]) -> str:
    return "ALERTS{{{}}}".format(",".join(f'{name}="{value}"' for name, value in labels.items()))


def _elsewhere(series: str) -> str:
    return series.replace('namespace="canslim"', 'namespace="other"')


def run(tests: Sequence[dict[str, Any]], folder: Path, every: str = "1m") -> None:
    file = folder / "tests.yaml"
    content = {"rule_files": [str(path) for path in RULES], "evaluation_interval": every, "tests": list(tests)}
    file.write_text(yaml.safe_dump(content))
    promtool("test", "rules", file)


def _test(case: Case) -> dict[str, Any]:
    labels = {"alertname": case.alert, "severity": case.severity, "alertstate": "firing"}
    samples = []
    if case.fires is not None:
        samples = [{"labels": _labels(labels | dict(case.fires)), "value": 1}]
    asked = ",".join(f'{name}="{value}"' for name, value in labels.items())
    expectation = {"expr": f"ALERTS{{{asked}}}", "eval_time": f"{case.at}m", "exp_samples": samples}
    return _test_of(case.says, case.changes, [expectation])


def _test_of(name: str, changes: Any, expectations: list[dict[str, Any]]) -> dict[str, Any]:
    assert changes.keys() <= HEALTHY.keys()
    values = {short: changes.get(short, healthy) for short, (_, healthy) in HEALTHY.items()}
    series = [{"series": HEALTHY[short][0], "values": text} for short, text in values.items() if text is not None]
    return {"name": name, "interval": "1m", "input_series": series, "promql_expr_test": expectations}
