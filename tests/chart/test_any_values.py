"""Whatever the schema lets through makes objects that Kubernetes accepts, and says what was meant."""

import json
import os
import secrets
import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.chart.api_rules import refused
from tests.chart.meaning import merged, sayings
from tests.chart.rendering import CHART, Chart, HelmError, Manifests
from tests.chart.schema_values import NETWORKS, TEXTS, TREES, Strategies, Values, written
from tests.chart.schemas import MODELS, problems, unknown_fields

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
#: What can't go together is refused with a message of the chart's own; tests/chart/test_guards.py has each.
GUARD = "execution error at (canslim/templates/guards.yaml"
SERVERS = (("database", "postgresql"), ("redis", "valkey"))
CIDR = SCHEMA["definitions"]["peer"]["properties"]["ipBlock"]["properties"]["cidr"]["pattern"]
OWNED: dict[str, st.SearchStrategy[Any]] = {
    "global": st.just({}),
    CIDR: NETWORKS,
    # The networks that are excepted lie within the others, which no schema can say.
    ".except": st.just([]),
    # Fields of a toleration and of a condition depend on each other.
    ".tolerations": st.lists(
        st.fixed_dictionaries({"operator": st.just("Exists")}, optional={"key": st.sampled_from(["on", "a.b/c", "1"])}),
        max_size=2,
    ),
    ".matchExpressions": st.lists(
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(["on", "team", "a.b/c"]),
                "operator": st.sampled_from(["In", "NotIn"]),
                "values": st.lists(st.sampled_from(["yes", "1", "a"]), min_size=1),
            }
        ),
        max_size=2,
    ),
    "extraObjects": st.lists(
        st.fixed_dictionaries(
            {
                "apiVersion": st.just("v1"),
                "kind": st.just("ConfigMap"),
                "metadata": st.fixed_dictionaries({"name": st.from_regex(r"\Aextra-[a-z0-9]{1,8}\Z")}),
                "data": st.dictionaries(st.from_regex(r"\A[-._a-zA-Z0-9]{1,12}\Z"), TEXTS, max_size=3),
            },
            optional={"trees": TREES.filter(lambda tree: tree is not None)},
        ),
        max_size=2,
        unique_by=lambda found: found["metadata"]["name"],
    ),
}
ANY = Strategies(SCHEMA, OWNED).of({"type": "object", "properties": SCHEMA["properties"]})


def possible(values: Values) -> Values:
    """The values with what excludes each other taken out, so that most of them are not refused."""
    for secret, server in SERVERS:
        bundled = values.get(server, {}).get("bundled", False)
        own = values.setdefault(secret, {})
        own["existingSecret"] = "" if bundled else own.get("existingSecret") or "given"
    if values.get("postgresql", {}).get("bundled"):
        values.get("migration", {}).pop("hook", None)
    values.setdefault("settings", {}).setdefault("files", {}).setdefault("existingClaim", "claim")
    ingress = values.setdefault("api", {}).setdefault("ingress", {})
    ingress["host"] = ingress.get("host") or "canslim.example"
    within_bounds(values["api"].setdefault("autoscaling", {}), DEFAULTS["api"]["autoscaling"])
    possible_pools(values)
    return values


def possible_pools(values: Values) -> None:
    pools = values.setdefault("pools", {})
    for name in ("collector", "scoring"):
        pools.setdefault(name, {})["service"] = name
    defaults = merged(DEFAULTS["poolDefaults"], values.get("poolDefaults", {}))
    for own in pools.values():
        usual = defaults[own["service"]]["autoscaling"]
        scaling = own.setdefault("autoscaling", {})
        mode = scaling.setdefault("mode", usual["mode"])
        if mode == "fixed":
            own["autoscaling"] = {"mode": mode}
        else:
            own.pop("replicas", None)
            within_bounds(scaling, usual)


def within_bounds(scaling: Values, usual: Values) -> None:
    both = merged(usual, scaling)
    if both["minReplicas"] > both["maxReplicas"]:
        scaling["minReplicas"] = 1


def rendered(chart: Chart, values: Values) -> Manifests:
    """Gives up where the chart says that these values can't go together."""
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(values)] == []
    try:
        return chart(values)
    except HelmError as error:
        assume(GUARD not in str(error))
        raise


def check(chart: Chart, drawn: Values, custom: bool) -> None:
    values = possible(written(drawn))
    manifests = rendered(chart, values)
    everything = merged(DEFAULTS, values)
    extra = {found["metadata"]["name"] for found in everything["extraObjects"]}
    ours = [found for found in manifests.objects if found["metadata"]["name"] not in extra]
    wrong = {
        f"{found['kind']}/{found['metadata']['name']}": said
        for found in ours
        if (said := [*complaints(found, custom), *refused(found)])
    }
    assert wrong == {}
    for what, said, meant in sayings(manifests, everything):
        assert said == meant, what


def complaints(found: Values, custom: bool) -> list[str]:
    if found["apiVersion"] not in MODELS:
        return problems(found, "1.34")
    return sorted(unknown_fields(found)) if custom else []


QUICK = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    # A render takes a tenth of a second, so that making a failing example smaller takes minutes.
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
#: What the slow test draws: as many as that, and not for longer than these seconds, but no fewer than the least.
MANY, BUDGET, FEWEST = 500, 180, 50


@given(drawn=ANY)
@QUICK
def test_any_values_make_valid_objects(chart: Chart, drawn: Values) -> None:
    check(chart, drawn, custom=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_more_values_make_valid_objects(chart: Chart) -> None:
    """CHART_SEED repeats one that failed, with the number that it printed."""
    number = int(os.environ.get("CHART_SEED") or secrets.randbelow(2**32))
    until = time.monotonic() + BUDGET
    checked = 0

    @seed(number)
    @settings(QUICK, max_examples=MANY, derandomize=False, database=None)
    @given(drawn=ANY)
    def many(drawn: Values) -> None:
        nonlocal checked
        if time.monotonic() < until:
            check(chart, drawn, custom=True)
            checked += 1

    print(f"CHART_SEED={number}")
    many()
    print(f"{checked} sets of values")
    assert checked >= FEWEST
