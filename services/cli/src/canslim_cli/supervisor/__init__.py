"""The process supervisor behind `canslim up`.

async with until_signalled():
    with claim(data_dir) as data_dir:
        async with embedded_servers(data_dir) as servers:
            async with Supervisor(data_dir, services, console) as supervisor:
                await supervisor.stopped()
"""

from canslim_cli.supervisor.claim import claim
from canslim_cli.supervisor.service import Service
from canslim_cli.supervisor.signals import until_signalled
from canslim_cli.supervisor.supervisor import Supervisor

__all__ = ["Service", "Supervisor", "claim", "until_signalled"]
