"""What values mean: each with what the rendered objects say of it."""

from collections.abc import Iterator
from typing import Any

from tests.chart.rendering import Manifests, Object, PodTemplate

Values = dict[str, Any]
#: What, what the objects say of it, and what was meant.
Saying = tuple[str, object, object]


def merged(under: Values, over: Values) -> Values:
    """As Helm lays values over the chart's own, and the chart a pool's over the defaults of its service."""
    result = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def sayings(manifests: Manifests, values: Values) -> Iterator[Saying]:
    """values: complete, with the chart's own under what was given."""
    yield from of_pods(manifests, values)
    yield from of_settings(manifests, values)
    yield from of_secrets(manifests, values)
    yield from of_the_api(manifests, values)
    yield from of_the_refresh(manifests, values)
    yield from of_storage(manifests, values)
    yield from of_the_network(manifests, values)
    yield from of_monitoring(manifests, values)
    for found in values["extraObjects"]:
        yield "extraObjects", manifests.one("ConfigMap", found["metadata"]["name"]), found


def pools(values: Values) -> dict[str, Values]:
    return {name: merged(values["poolDefaults"][own["service"]], own) for name, own in values["pools"].items()}


def of_pods(manifests: Manifests, values: Values) -> Iterator[Saying]:
    for name, own in {"api": values["api"], **pools(values)}.items():
        pod = manifests.pod(name)
        yield from placed(pod, own)
        yield f"{name}.affinity", pod.spec.get("affinity", {}), own["affinity"]
        spread = [
            {key: one[key] for key in ("topologyKey", "maxSkew", "whenUnsatisfiable")}
            for one in pod.spec.get("topologySpreadConstraints", ())
        ]
        yield f"{name}.topologySpread", spread, own["topologySpread"]
        yield f"{name}.env", _of(manifests.environment(pod), own["env"]), own["env"]
        yield f"{name}.podAnnotations", _of(pod.metadata["annotations"], own["podAnnotations"]), own["podAnnotations"]
        budget = manifests.one("PodDisruptionBudget", pod.owner.partition("/")[2])
        yield (
            f"{name}.podDisruptionBudget",
            budget["spec"]["maxUnavailable"],
            own["podDisruptionBudget"]["maxUnavailable"],
        )
        # The API's service is an object of Kubernetes.
        which = "api" if name == "api" else own["service"]
        yield f"{name}.image", pod.main["image"], image(values["images"], values["images"][which])
    yield from placed(manifests.pod("migration"), values["migration"])
    for pod in manifests.pods:
        yield "drainSeconds", pod.spec["terminationGracePeriodSeconds"], values["drainSeconds"] + 15
        yield "commonLabels", _of(pod.labels, values["commonLabels"]), values["commonLabels"]
        yield (
            "imagePullSecrets",
            [one["name"] for one in pod.spec.get("imagePullSecrets", ())],
            values["imagePullSecrets"],
        )
        yield "serviceAccountName", pod.spec.get("serviceAccountName", ""), values["serviceAccountName"]
        yield "images.pullPolicy", {one["imagePullPolicy"] for one in pod.containers}, {values["images"]["pullPolicy"]}
    for name, own in pools(values).items():
        yield f"{name}.replicas", *counted(manifests, name, own)


def placed(pod: PodTemplate, own: Values) -> Iterator[Saying]:
    yield f"{pod.owner} nodeSelector", pod.spec.get("nodeSelector", {}), own["nodeSelector"]
    yield f"{pod.owner} tolerations", pod.spec.get("tolerations", []), own["tolerations"]
    yield f"{pod.owner} resources", _amounts(pod.main["resources"]), _amounts(own["resources"])


def counted(manifests: Manifests, name: str, own: Values) -> tuple[object, object]:
    """How many pods a pool has, or has at least."""
    (deployment,) = (
        found
        for found in manifests.all("Deployment")
        if found["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] == name
    )
    whole = deployment["metadata"]["name"]
    match own["autoscaling"]["mode"]:
        case "fixed":
            return deployment["spec"]["replicas"], own["replicas"]
        case "hpa":
            return manifests.one("HorizontalPodAutoscaler", whole)["spec"]["minReplicas"], own["autoscaling"][
                "minReplicas"
            ]
        case _:
            return manifests.one("ScaledObject", whole)["spec"]["minReplicaCount"], own["autoscaling"]["minReplicas"]


def image(images: Values, one: Values) -> str:
    where = f"{images['registry']}/" if images["registry"] else ""
    which = f"@{one['digest']}" if one["digest"] else f":{one['tag'] or images['tag'] or '0.1.0'}"
    return f"{where}{one['repository']}{which}"


def of_settings(manifests: Manifests, values: Values) -> Iterator[Saying]:
    said, meant = manifests.environment(manifests.pod("collector")), values["settings"]
    yield "settings.provider", said["CANSLIM_PROVIDER"], meant["provider"]
    yield "settings.universe", said.get("CANSLIM_UNIVERSE", ""), meant["universe"]
    yield "settings.logFormat", said["CANSLIM_LOG_FORMAT"], meant["logFormat"]
    yield "settings.otlpEndpoint", said.get("CANSLIM_OTLP_ENDPOINT", ""), meant["otlpEndpoint"]
    numbers = {
        "yahoo": {
            "requestsPerSecond": "YAHOO_REQUESTS_PER_SECOND",
            "burst": "YAHOO_BURST",
            "inFlight": "YAHOO_IN_FLIGHT",
            "timeoutSeconds": "YAHOO_TIMEOUT_SECONDS",
        },
        "synthetic": {
            "symbols": "SYNTHETIC_SYMBOLS",
            "latencyMs": "SYNTHETIC_LATENCY_MS",
            "failureRate": "SYNTHETIC_FAILURE_RATE",
        },
    }
    for key, name in numbers.get(meant["provider"], {}).items():
        whole = isinstance(meant[meant["provider"]][key], int)
        read = int if whole and key in ("burst", "inFlight", "symbols") else float
        yield f"settings.{key}", read(said[f"CANSLIM_{name}"]), meant[meant["provider"]][key]


def of_secrets(manifests: Manifests, values: Values) -> Iterator[Saying]:
    said = manifests.environment(manifests.pod("api"))
    for key, server, variable in (("database", "postgresql", "DATABASE_URL"), ("redis", "valkey", "REDIS_URL")):
        if not values[server]["bundled"]:
            meant = f"secret:{values[key]['existingSecret']}/{values[key]['key']}"
            yield key, said[f"CANSLIM_{variable}"], meant
    if values["adminToken"]["existingSecret"]:
        meant = f"secret:{values['adminToken']['existingSecret']}/{values['adminToken']['key']}"
        yield "adminToken", said["CANSLIM_ADMIN_TOKEN"], meant


def of_the_api(manifests: Manifests, values: Values) -> Iterator[Saying]:
    api = values["api"]
    deployment = manifests.pod("api").owner.partition("/")[2]
    service = manifests.one("Service", deployment)
    yield "api.service.type", service["spec"]["type"], api["service"]["type"]
    yield "api.service.port", service["spec"]["ports"][0]["port"], api["service"]["port"]
    yield "api.service.annotations", service["metadata"].get("annotations", {}), api["service"]["annotations"]
    if api["autoscaling"]["enabled"]:
        spec = manifests.one("HorizontalPodAutoscaler", deployment)["spec"]
        (metric,) = spec["metrics"]
        target = metric["resource"]["target"]["averageUtilization"]
        said = (spec["minReplicas"], spec["maxReplicas"], target)
        yield (
            "api.autoscaling",
            said,
            tuple(api["autoscaling"][key] for key in ("minReplicas", "maxReplicas", "cpuUtilization")),
        )
    else:
        yield "api.replicas", manifests.one("Deployment", deployment)["spec"]["replicas"], api["replicas"]
    if api["ingress"]["enabled"]:
        (ingress,) = manifests.all("Ingress")
        (rule,) = ingress["spec"]["rules"]
        yield "api.ingress.host", rule["host"], api["ingress"]["host"]
        yield "api.ingress.className", ingress["spec"].get("ingressClassName", ""), api["ingress"]["className"]
        yield "api.ingress.annotations", ingress["metadata"].get("annotations", {}), api["ingress"]["annotations"]
        secrets = [one["secretName"] for one in ingress["spec"].get("tls", ())]
        yield "api.ingress.tlsSecret", secrets, [one for one in [api["ingress"]["tlsSecret"]] if one]


def of_the_refresh(manifests: Manifests, values: Values) -> Iterator[Saying]:
    meant = values["refresh"]
    jobs = manifests.all("CronJob")
    yield "refresh.enabled", len(jobs), int(meant["enabled"])
    for job in jobs:
        spec = job["spec"] | job["spec"]["jobTemplate"]["spec"]
        for key in (
            "schedule", "timeZone", "startingDeadlineSeconds", "activeDeadlineSeconds", "backoffLimit",
            "successfulJobsHistoryLimit", "failedJobsHistoryLimit",
        ):  # fmt: skip
            # The time to start in is the CronJob's, the others are the Job's or have one name alone.
            yield f"refresh.{key}", spec[key], meant[key]
        yield from placed(manifests.pod("refresh"), meant)


def of_storage(manifests: Manifests, values: Values) -> Iterator[Saying]:
    for server in ("postgresql", "valkey"):
        if values[server]["bundled"]:
            name = manifests.pod(server).owner.partition("/")[2]
            (claim,) = manifests.one("StatefulSet", name)["spec"]["volumeClaimTemplates"]
            meant = values[server]["storage"]
            yield f"{server}.storage.size", claim["spec"]["resources"]["requests"]["storage"], meant["size"]
            yield f"{server}.storage.className", claim["spec"].get("storageClassName", ""), meant["className"]


def of_the_network(manifests: Manifests, values: Values) -> Iterator[Saying]:
    meant = values["networkPolicy"]
    policies = {found["metadata"]["name"].rpartition("-")[2]: found["spec"] for found in manifests.all("NetworkPolicy")}
    yield "networkPolicy.enabled", bool(policies), meant["enabled"]
    if not meant["enabled"]:
        return
    (dns,) = policies["deny"]["egress"]
    yield "networkPolicy.dns.to", dns["to"], meant["dns"]["to"]
    yield "networkPolicy.dns.port", {one["port"] for one in dns["ports"]}, {meant["dns"]["port"]}
    asked, read = policies["api"]["ingress"]
    others = meant["api"]["from"] + (meant["ingressController"]["from"] if values["api"]["ingress"]["enabled"] else [])
    yield "networkPolicy.api.from", asked["from"][1:], others
    yield "networkPolicy.monitoring.from", read["from"], meant["monitoring"]["from"]
    out = policies["pools"]["egress"]
    for number, (key, server) in enumerate((("database", "postgresql"), ("redis", "valkey"))):
        if not values[server]["bundled"]:
            yield f"networkPolicy.{key}", _peers(out[number]), (meant[key]["port"], meant[key]["to"])
    if values["settings"]["otlpEndpoint"]:
        yield "networkPolicy.otlp", _peers(out[2]), (meant["otlp"]["port"], meant["otlp"]["to"])


def of_monitoring(manifests: Manifests, values: Values) -> Iterator[Saying]:
    meant = values["monitoring"]
    for kind, key in (("PodMonitor", "podMonitor"), ("PrometheusRule", "rules")):
        found = manifests.all(kind)
        yield f"monitoring.{key}.enabled", len(found), int(meant[key]["enabled"])
        for one in found:
            yield f"monitoring.{key}.labels", _of(one["metadata"]["labels"], meant[key]["labels"]), meant[key]["labels"]
    dashboards = [found for found in manifests.all("ConfigMap") if "-dashboard-" in found["metadata"]["name"]]
    yield "monitoring.dashboards.enabled", bool(dashboards), meant["dashboards"]["enabled"]
    for one in dashboards:
        folder = {meant["dashboards"]["folderAnnotation"]: meant["dashboards"]["folder"]}
        yield "monitoring.dashboards.folder", one["metadata"]["annotations"], folder


def _of(found: Values, wanted: Values) -> Values:
    return {key: value for key, value in found.items() if key in wanted}


def _amounts(resources: Values) -> Values:
    """YAML takes 1e-05 for a string."""
    return {
        kind: {key: float(value) if _is_number(value) else value for key, value in amounts.items()}
        for kind, amounts in resources.items()
    }


def _is_number(value: str | float) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _peers(rule: Object) -> tuple[int, list[Object]]:
    (port,) = rule["ports"]
    return port["port"], rule["to"]
