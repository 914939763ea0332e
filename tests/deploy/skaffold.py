"""skaffold.yaml as Skaffold would take it: profiles laid over it, and Helm called with the images it built."""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.chart.rendering import CUSTOM, Chart, Manifests, helm
from tests.deploy.sources import ROOT, load

CONFIG: dict[str, Any] = load("skaffold.yaml")
PROFILES: dict[str, Any] = {profile["name"]: profile for profile in CONFIG["profiles"]}


@dataclass(frozen=True)
class Built:
    """An image as Skaffold names it: by a tag alone where it stays on the machine, by its digest too once pushed."""

    repository: str
    tag: str
    digest: str = ""

    @property
    def reference(self) -> str:
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


def configured(*profiles: str) -> dict[str, Any]:
    config = deepcopy(CONFIG)
    for name in profiles:
        for patch in PROFILES[name]["patches"]:
            _patch(config, patch)
    return config


def _patch(config: Any, patch: dict[str, Any]) -> None:
    *way, last = patch["path"].strip("/").split("/")
    for step in way:
        config = config[int(step) if isinstance(config, list) else step]
    if last == "-":
        config.append(patch["value"])
    else:
        config[int(last) if isinstance(config, list) else last] = patch["value"]


def release_of(config: dict[str, Any]) -> dict[str, Any]:
    (release,) = config["deploy"]["helm"]["releases"]
    return release


def render(chart: Chart, config: dict[str, Any], built: dict[str, Built]) -> Manifests:
    """What the release of this configuration is with these images, by Skaffold's name of each. Raises HelmError."""
    release = release_of(config)
    flags = ["--namespace", release["namespace"], *(f"--api-versions={version}" for version in CUSTOM)]
    flags += [f"--values={ROOT / path}" for path in release["valuesFiles"]]
    known = {
        f"IMAGE_{part}_{re.sub('[^a-zA-Z0-9]', '_', name)}": value
        for name, image in built.items()
        for part, value in (("REPO", image.repository), ("TAG", image.tag), ("DIGEST", image.digest))
    }
    for key, template in release["setValueTemplates"].items():
        value = re.sub(r"{{\.(\w+)}}", lambda found: known[found[1]], template)
        flags += ["--set", f"{key}={value}"]
    return Manifests(
        helm("helm4", "template", release["name"], str(ROOT / release["chartPath"]), *flags, home=chart.home)
    )
