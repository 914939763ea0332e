"""A signal that comes while a service is imported ends it: a container's first process would not hear it otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

from canslim_infra.entry import enter

SIGNALLED = """
import os, signal
os.kill(os.getpid(), signal.{signal})
print("went on")
def main(): print("ran")
"""


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGINT"])
def test_a_signal_during_the_imports_ends_the_process_with_0(signal: str, tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(SIGNALLED.format(signal=signal))
    code = "from canslim_infra.entry import enter; enter('service')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_main_is_called_after_the_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quiet_service.py").write_text("def main(): raise LookupError('called')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(LookupError, match="called"):
        enter("quiet_service")
