"""A certificate that nobody trusts by himself, made by openssl."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = "DNS:localhost,IP:127.0.0.1,DNS:*.yahoo.com,DNS:*.finance.yahoo.com"


@dataclass(frozen=True)
class Certificate:
    """bundle: what a client is told to trust."""

    bundle: Path
    context: ssl.SSLContext


def self_signed(folder: Path) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    key, bundle = folder / "key.pem", folder / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=test",
    ]
    command += ["-addext", f"subjectAltName={NAMES}", "-keyout", str(key), "-out", str(bundle)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle, key)
    return Certificate(bundle, context)
