"""PostgreSQL and Valkey from wheels, for a machine that has neither."""

from canslim_cli.embedded.postgres import EmbeddedPostgres
from canslim_cli.embedded.server import EmbeddedServer, ServerFailed
from canslim_cli.embedded.servers import Servers, embedded_servers
from canslim_cli.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServer", "EmbeddedValkey", "ServerFailed", "Servers", "embedded_servers"]
