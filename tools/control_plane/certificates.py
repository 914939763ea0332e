"""Certificates of an authority of one's own, made by openssl, for a day."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    certificate: Path
    key: Path


class Authority:
    """Keeps all that it issues in one folder, which has to be private."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.own = self._make("ca", "/CN=canslim control plane", ["-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def issue(self, name: str, *, group: str = "", hosts: Sequence[str] = ()) -> Certificate:
        """For a client of this name and group, and for a server at these hosts (written as IP:… or DNS:…)."""
        subject = (f"/O={group}" if group else "") + f"/CN={name}"
        signed = ["-CA", str(self.own.certificate), "-CAkey", str(self.own.key)]
        signed += ["-addext", "basicConstraints=critical,CA:FALSE"]
        signed += ["-addext", "extendedKeyUsage=clientAuth" + (",serverAuth" if hosts else "")]
        if hosts:
            signed += ["-addext", f"subjectAltName={','.join(hosts)}"]
        return self._make(name.replace(":", "-"), subject, signed)

    def _make(self, name: str, subject: str, options: Sequence[str]) -> Certificate:
        made = Certificate(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        request = ["openssl", "req", "-x509", "-days", "1", "-subj", subject, "-noenc"]
        request += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        request += ["-keyout", str(made.key), "-out", str(made.certificate), *options]
        subprocess.run(request, check=True, capture_output=True)  # noqa: S603
        return made
