"""The image of the container that holds a pod's namespaces, of Debian's catatonit, which needs nothing else."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

IMAGE = "localhost/pause:1"


def write_pause_image(path: Path, catatonit: Path) -> None:
    """An archive as docker saves them."""
    layer = _tar({"catatonit": catatonit.read_bytes()})
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/catatonit", "-P"], "User": "65535:65535"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]
    content = {"manifest.json": manifest, "config.json": config}
    files = {name: json.dumps(value).encode() for name, value in content.items()}
    path.write_bytes(_tar({**files, "layer.tar": layer}))


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
