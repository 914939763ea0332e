"""Every dashboard."""

from typing import Final

from tools.monitoring.dashboard import Dashboard
from tools.monitoring.dashboards.api import DASHBOARD as API
from tools.monitoring.dashboards.data import DASHBOARD as DATA
from tools.monitoring.dashboards.overview import DASHBOARD as OVERVIEW
from tools.monitoring.dashboards.pools import DASHBOARD as POOLS
from tools.monitoring.dashboards.provider import DASHBOARD as PROVIDER

DASHBOARDS: Final[tuple[Dashboard, ...]] = (OVERVIEW, POOLS, PROVIDER, API, DATA)
