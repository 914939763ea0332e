"""PostgreSQL refuses to run as root; started by root, it runs under an account of its own."""

import os
import pwd
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

from canslim_cli.supervisor.tied import Account

#: Made when root first starts PostgreSQL. It has no password, shell or home.
NAME = "canslim-postgres"


def account_for(cluster: Path) -> Account | None:
    """The account to run PostgreSQL under, or None for our own.

    An existing cluster stays with its owner: PostgreSQL starts on no one else's files.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = own_account()
    return Account(entry.pw_uid, entry.pw_gid)


def own_account() -> pwd.struct_passwd:
    with suppress(KeyError):
        return pwd.getpwnam(NAME)
    # Absent on macOS; fails on a read-only root and when another process is just adding the account.
    with suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(  # noqa: S603 - no argument comes from outside.
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", NAME],  # noqa: S607
            check=True,
            capture_output=True,
            env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
        )
    with suppress(KeyError):
        return pwd.getpwnam(NAME)
    # Every system has it, and initdb insists on an account with a name.
    return pwd.getpwnam("nobody")


def let_through(path: Path) -> None:
    """Lets other accounts pass through the directories that lead to `path`, without letting them list any.

    A checkout or data directory under /root could not be reached otherwise.
    """
    for directory in path.parents:
        mode = stat.S_IMODE(directory.stat().st_mode)
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)
