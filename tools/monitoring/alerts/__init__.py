"""Every alert, by rule file.

An absent series is a fault of its own, never a reason to be silent. What is read from PostgreSQL or Redis is absent
while they are away (CanslimPostgresqlDown, CanslimRedisDown), all that an API process tells of the installation while
none answers (CanslimApiAbsent), everything where nothing is scraped (CanslimNothingScraped), and what Kubernetes and
KEDA tell while they are not (CanslimKubernetesUnseen, CanslimScalerUnseen). A worker's series are absent with its
process (CanslimTargetDown, CanslimNoWorker); shares of tasks or requests where there were none. Where Kubernetes lets
none of the pods in, nothing of ours is there to be absent: CanslimPodsUnavailable finds the Deployments without them.
"""

from typing import Final

from tools.monitoring.alerts.alert import Alert
from tools.monitoring.alerts.api import ALERTS as API
from tools.monitoring.alerts.data import ALERTS as DATA
from tools.monitoring.alerts.kubernetes import ALERTS as OF_KUBERNETES
from tools.monitoring.alerts.provider import ALERTS as PROVIDER
from tools.monitoring.alerts.servers import ALERTS as SERVERS
from tools.monitoring.alerts.work import ALERTS as WORK

#: What needs nothing but our own metrics, so that it holds outside Kubernetes too.
APPLICATION: Final[tuple[Alert, ...]] = (*SERVERS, *WORK, *API, *PROVIDER, *DATA)
#: What needs kube-state-metrics and, where pools scale by it, KEDA.
KUBERNETES: Final[tuple[Alert, ...]] = OF_KUBERNETES
ALERTS: Final[tuple[Alert, ...]] = (*APPLICATION, *KUBERNETES)
