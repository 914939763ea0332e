"""Kubernetes' own schemas, strict, and models of the custom resources."""

from functools import cache
from importlib import import_module
from typing import Any

from jsonschema import Draft202012Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

MINORS = ("1.32", "1.34", "1.36")
#: The package with the models of an API version.
MODELS = {
    "keda.sh/v1alpha1": "cloudcoil.models.keda.v1alpha1",
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
}
#: Fields that are newer than the models, which are of KEDA 2.16.
NEWER = {("ScaledObject", "spec.fallback.behavior")}


def problems(found: dict[str, Any], minor: str) -> list[str]:
    """Where an object is not as this minor of Kubernetes has it. A kind that it doesn't have is an error of ours."""
    return [f"{error.json_path}: {error.message}" for error in _validator(minor, found).iter_errors(found)]


def _validator(minor: str, found: dict[str, Any]) -> Draft202012Validator:
    group, _, version = found["apiVersion"].rpartition("/")
    name = "-".join(part for part in (found["kind"].lower(), group.partition(".")[0], version) if part)
    return _cached_validator(minor, name)


@cache
def _cached_validator(minor: str, name: str) -> Draft202012Validator:
    folder = f"kubernetes-json-schema/v{minor}.0-local-strict"
    return Draft202012Validator(schema_contents(f"{folder}/{name}.json", minor), registry=_definitions(minor))


@cache
def _definitions(minor: str) -> Registry[Any]:
    contents = schema_contents(f"kubernetes-json-schema/v{minor}.0-local-strict/_definitions.json", minor)
    return Resource.from_contents(contents) @ Registry()


def unknown_fields(found: dict[str, Any]) -> set[str]:
    """Fields of a custom resource that its model lost. Raises pydantic's ValidationError for what it can't read."""
    model = getattr(import_module(MODELS[found["apiVersion"]]), found["kind"])
    kept = model.model_validate(found).model_dump(by_alias=True, exclude_none=True, mode="json")
    return {path for path in _lost(found, kept) if (found["kind"], path) not in NEWER}


def _lost(sent: object, kept: object, path: str = "") -> set[str]:
    if isinstance(sent, dict):
        there = kept if isinstance(kept, dict) else {}
        return set().union(*(_lost(value, there.get(key), f"{path}.{key}".strip(".")) for key, value in sent.items()))
    if isinstance(sent, list):
        there = kept if isinstance(kept, list) else []
        pairs = zip(sent, there + [None] * (len(sent) - len(there)), strict=True)
        return set().union(*(_lost(value, other, f"{path}[{index}]") for index, (value, other) in enumerate(pairs)))
    return set() if sent == kept else {path}
