"""Where `canslim up` keeps things, and the token that lets this machine's commands in."""

import secrets
from pathlib import Path

import platformdirs


def default_data_dir() -> Path:
    return platformdirs.user_data_path("canslim")


def token_file(data_dir: Path) -> Path:
    return data_dir / "admin-token"


def make_token(data_dir: Path) -> str:
    """The administrator's token of a data directory, made at its first use and readable by its owner only."""
    path = token_file(data_dir)
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32) + "\n")
    return path.read_text().strip()


def find_token(data_dir: Path) -> str | None:
    """The token that `canslim up` left in the data directory, if this user may read it."""
    try:
        return token_file(data_dir).read_text().strip()
    except OSError:
        return None


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step; only the owner can read it."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
