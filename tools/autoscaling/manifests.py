"""Reads the pools and their autoscalers from rendered Kubernetes objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tools.autoscaling.hpa import DEFAULT_DOWN, DEFAULT_UP, Hpa, Policy, Rules, Target
from tools.autoscaling.pools import ExternalHpa, Fallback, Fixed, Pool, ScaledObject, Scaling, Trigger

Object = Mapping[str, Any]

COMPONENT: Final = "app.kubernetes.io/component"
QUEUE: Final = "canslim.io/queue"
#: Thousandths and thousands, as the API writes quantities.
SUFFIXES: Final = {"m": 0.001, "k": 1e3, "M": 1e6}


class Unreadable(Exception):
    """An object says something that the simulator does not know, so it would simulate something else."""


def read_pools(objects: Sequence[Object], namespace: str) -> list[Pool]:
    """Every Deployment that takes tasks from a queue. Raises Unreadable."""
    deployments = [one for one in objects if one["kind"] == "Deployment"]
    return [_pool(one, objects, namespace) for one in deployments if QUEUE in _labels(one["spec"]["template"])]


def _labels(one: Object) -> Mapping[str, str]:
    return one["metadata"].get("labels") or {}


def _pool(deployment: Object, objects: Sequence[Object], namespace: str) -> Pool:
    template = deployment["spec"]["template"]
    labels = _labels(template)
    environment = dict(_environment(template["spec"]["containers"][0], objects))
    return Pool(
        name=labels[COMPONENT],
        queue=labels[QUEUE],
        threads=int(environment[f"CANSLIM_{labels[QUEUE].upper()}_THREADS"]),
        drain_seconds=float(environment["CANSLIM_DRAIN_SECONDS"]),
        grace_seconds=float(template["spec"].get("terminationGracePeriodSeconds", 30)),
        namespace=namespace,
        scaling=_scaling(deployment, objects),
    )


def _environment(container: Object, objects: Sequence[Object]) -> Iterator[tuple[str, str]]:
    """What comes later wins, as in a container."""
    for source in container.get("envFrom", ()):
        if "configMapRef" in source:
            name = source["configMapRef"]["name"]
            yield from next(one for one in objects if _is(one, "ConfigMap", name))["data"].items()
    for variable in container.get("env", ()):
        if "value" in variable:
            yield variable["name"], variable["value"]


def _is(one: Object, kind: str, name: str) -> bool:
    return bool(one["kind"] == kind and one["metadata"]["name"] == name)


def _scaling(deployment: Object, objects: Sequence[Object]) -> Scaling:
    name = deployment["metadata"]["name"]
    owners = [one for one in objects if one.get("spec", {}).get("scaleTargetRef", {}).get("name") == name]
    match [one["kind"] for one in owners]:
        case []:
            return Fixed(int(deployment["spec"]["replicas"]))
        case ["HorizontalPodAutoscaler"]:
            return read_hpa(owners[0])
        case ["ScaledObject"]:
            return read_scaled_object(owners[0])
        case kinds:
            raise Unreadable(f"{name} has more than one owner of its replicas: {kinds}")


def read_hpa(one: Object) -> ExternalHpa:
    spec = one["spec"]
    metrics = []
    targets = []
    for metric in spec["metrics"]:
        if metric["type"] != "External":
            raise Unreadable(f"{one['metadata']['name']}: a metric of type {metric['type']}")
        external = metric["external"]
        selector = external["metric"].get("selector", {})
        metrics.append((external["metric"]["name"], dict(selector.get("matchLabels", {}))))
        kind = external["target"]["type"]
        targets.append(Target(kind, number(external["target"][kind[0].lower() + kind[1:]])))
    return ExternalHpa(
        _hpa(spec.get("minReplicas", 1), spec["maxReplicas"], targets, spec.get("behavior")), tuple(metrics)
    )


def read_scaled_object(one: Object) -> ScaledObject:
    spec = one["spec"]
    triggers = tuple(_trigger(trigger) for trigger in spec["triggers"])
    advanced = spec.get("advanced", {})
    if "scalingModifiers" in advanced:
        raise Unreadable("scalingModifiers")
    behavior = advanced.get("horizontalPodAutoscalerConfig", {}).get("behavior")
    # KEDA leaves the step from 0 to itself; its autoscaler's minimum is 1 or more.
    minimum, maximum = max(1, spec.get("minReplicaCount", 0)), spec.get("maxReplicaCount", 100)
    fallback = spec.get("fallback")
    return ScaledObject(
        _hpa(minimum, maximum, [trigger.target for trigger in triggers], behavior),
        triggers,
        float(spec.get("pollingInterval", 30)),
        fallback and Fallback(fallback["failureThreshold"], fallback["replicas"], fallback.get("behavior", "static")),
    )


#: Where each kind of trigger has its question and its target.
TRIGGERS: Final = {
    "postgresql": ("query", "targetQueryValue"),
    "prometheus": ("query", "threshold"),
    "redis": ("listName", "listLength"),
}


def _trigger(one: Object) -> Trigger:
    if one["type"] not in TRIGGERS:
        raise Unreadable(f"a trigger of type {one['type']}")
    query, target = TRIGGERS[one["type"]]
    metadata = one["metadata"]
    return Trigger(
        one["type"],
        metadata[query],
        Target(one.get("metricType", "AverageValue"), number(metadata[target])),
        cached=bool(one.get("useCachedMetrics", False)),
        empty_is_zero=one["type"] == "prometheus" and metadata.get("ignoreNullValues", "true") == "true",
    )


def _hpa(minimum: int, maximum: int, targets: Iterable[Target], behavior: Object | None) -> Hpa:
    behavior = behavior or {}
    return Hpa(
        minimum,
        maximum,
        tuple(targets),
        _rules(behavior.get("scaleUp"), DEFAULT_UP),
        _rules(behavior.get("scaleDown"), DEFAULT_DOWN),
    )


def _rules(one: Object | None, default: Rules) -> Rules:
    one = one or {}
    policies = [Policy(policy["type"], policy["value"], policy["periodSeconds"]) for policy in one.get("policies", ())]
    return Rules(
        one.get("stabilizationWindowSeconds", default.window),
        tuple(policies) or default.policies,
        one.get("selectPolicy", default.select),
        number(one.get("tolerance", default.tolerance)),
    )


def number(quantity: str | float) -> float:
    """A Kubernetes quantity."""
    text = str(quantity)
    return float(text[:-1]) * SUFFIXES[text[-1]] if text[-1] in SUFFIXES else float(text)


def scrape_seconds(objects: Sequence[Object]) -> float:
    """How often Prometheus reads the pods, as the PodMonitor has it."""
    monitor = next(one for one in objects if one["kind"] == "PodMonitor")
    return float(monitor["spec"]["podMetricsEndpoints"][0]["interval"].removesuffix("s"))
