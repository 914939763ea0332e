"""Secrets are where secrets belong, and last as long as what they open."""

import base64
import json
import re

import pytest

from tests.chart.rendering import NAMESPACE, SETS, Chart, Manifests, with_servers


def test_no_secret_is_written_anywhere_else(rendered: Manifests) -> None:
    secrets = [value for found in rendered.all("Secret") for value in found["stringData"].values()]
    others = json.dumps([found for found in rendered.objects if found["kind"] != "Secret"])
    assert [value for value in secrets if value in others] == []


def test_no_address_with_a_password_is_outside_of_secrets(rendered: Manifests) -> None:
    others = json.dumps([found for found in rendered.objects if found["kind"] != "Secret"])
    assert re.findall(r"\w+://[^/\s\"]*:[^/\s\"]*@", others) == []


def test_every_secret_that_is_asked_for_is_made_or_named_by_the_values(rendered: Manifests, set_name: str) -> None:
    made = {(found["metadata"]["name"], key) for found in rendered.all("Secret") for key in found["stringData"]}
    values = SETS[set_name]
    named = {
        (given["existingSecret"], given.get("key", usual))
        for given, usual in ((values.get(name, {}), usual) for name, usual in USUAL_KEYS.items())
        if "existingSecret" in given
    }
    asked = {
        (reference["name"], reference["key"])
        for pod in rendered.pods
        for container in pod.containers
        for variable in container.get("env", ())
        if (reference := variable.get("valueFrom", {}).get("secretKeyRef"))
    }
    assert asked <= made | named
    assert named <= asked


USUAL_KEYS = {"database": "url", "redis": "url", "adminToken": "token"}


def test_a_named_secret_is_used_and_none_is_made(chart: Chart) -> None:
    manifests = chart(SETS["external"])
    environ = manifests.environment(manifests.pod("api"))
    assert environ["CANSLIM_DATABASE_URL"] == "secret:database/address"
    assert environ["CANSLIM_REDIS_URL"] == "secret:redis/address"
    assert environ["CANSLIM_ADMIN_TOKEN"] == "secret:admin/password"
    assert manifests.all("Secret") == []


def test_a_made_token_is_long_and_says_that_it_was_made(chart: Chart) -> None:
    secret = chart(with_servers()).one("Secret", "canslim-admin-token")
    assert re.fullmatch(r"[A-Za-z0-9]{40}", secret["stringData"]["token"])
    assert "an upgrade keeps it" in secret["metadata"]["annotations"]["canslim.io/generated"]


def test_two_installations_get_different_tokens(chart: Chart, helm_home) -> None:
    one, two = (Chart(chart.path, helm_home)(with_servers()).all("Secret") for _ in range(2))
    assert one != two


def test_the_bundled_servers_addresses_hold_their_passwords(chart: Chart) -> None:
    manifests = chart(SETS["trial"])
    database = manifests.one("Secret", "canslim-postgresql")["stringData"]
    redis = manifests.one("Secret", "canslim-valkey")["stringData"]
    host = f"{NAMESPACE}.svc"
    assert database["url"] == f"postgresql://canslim:{database['password']}@canslim-postgresql.{host}:5432/canslim"
    assert redis["url"] == f"redis://:{redis['password']}@canslim-valkey.{host}:6379/0"
    assert {"canslim-postgresql", "canslim-valkey"} <= manifests.names("Service")


def test_the_bundled_databases_password_stays_with_its_volume(chart: Chart) -> None:
    """The volume of a StatefulSet outlives the release; its password must, too."""
    secret = chart(SETS["trial"]).one("Secret", "canslim-postgresql")
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize("template", ["admin-token", "postgresql", "valkey"])
def test_what_is_random_is_looked_up_first(chart: Chart, template: str) -> None:
    """Without a cluster a look-up finds nothing, so that this reads the template."""
    text = (chart.path / "templates" / f"{template}.yaml").read_text()
    assert "rand" not in text
    assert "canslim.stableRandom" in text
    helper = (chart.path / "templates" / "_secrets.tpl").read_text()
    assert helper.index("lookup") < helper.index("b64dec") < helper.index("randAlphaNum")


def test_a_secret_looks_like_one_to_kubernetes(rendered: Manifests) -> None:
    for secret in rendered.all("Secret"):
        assert secret["type"] == "Opaque"
        assert all(base64.b64encode(value.encode()) for value in secret["stringData"].values())
