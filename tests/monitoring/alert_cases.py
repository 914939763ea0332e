"""When each alert fires and when it does not: what differs from an installation that is well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.monitoring.healthy import ending, falling, flat, growing

#: A series that is not there at all.
ABSENT: Final = None
CRITICAL, WARNING, INFO = "critical", "warning", "info"


@dataclass(frozen=True, slots=True)
class Case:
    """But for `changes` all is well; at minute `at` the alert fires with these labels (and no other), or does not."""

    alert: str
    severity: str
    says: str
    changes: Mapping[str, str | None]
    at: int
    fires: Mapping[str, str] | None = None


def _of(**labels: str) -> dict[str, str]:
    return {"namespace": "canslim"} | labels


COLLECTORS = _of(queue="collector")
SCORERS = _of(queue="scoring")
ALL_PODS = ("up api", "up second api", "up collector", "up scoring")
#: Nobody tells of the installation.
NO_API: dict[str, str | None] = {
    "up api": flat(0),
    "up second api": flat(0),
    **dict.fromkeys(("postgresql", "second postgresql", "redis", "second redis", "workers"), ending(1, 30)),
}
LATE: dict[str, str | None] = {"collect in time": flat(0)}
#: The provider's pace is used up: two requests a second.
PACED: dict[str, str | None] = {"yahoo answers": growing(110)}

CASES: Final = (
    Case("CanslimNothingScraped", CRITICAL, "no target", dict.fromkeys(ALL_PODS), 15, {"job": "canslim"}),
    Case("CanslimNothingScraped", CRITICAL, "no target for a moment", dict.fromkeys(ALL_PODS), 5),
    Case("CanslimNothingScraped", CRITICAL, "targets that do not answer", dict.fromkeys(ALL_PODS, flat(0)), 30),
    Case(
        "CanslimTargetDown",
        WARNING,
        "one process does not answer",
        {"up scoring": falling(1, 10, 0)},
        30,
        _of(
            pool="scoring",
            pod="canslim-scoring-6c8b-ddddd",
            instance="6c8b-ddddd",
            job="canslim",
            endpoint="metrics",
            container="main",
        ),
    ),
    Case("CanslimTargetDown", WARNING, "it does not answer for some minutes", {"up scoring": falling(1, 25, 0)}, 30),
    Case("CanslimApiAbsent", CRITICAL, "no API process answers", NO_API, 40, _of()),
    Case("CanslimApiAbsent", CRITICAL, "one of two does not", {"second postgresql": ending(1, 5)}, 40),
    Case("CanslimApiAbsent", CRITICAL, "PostgreSQL is away", {"postgresql": flat(0), "second postgresql": flat(0)}, 40),
    Case(
        "CanslimPostgresqlDown",
        CRITICAL,
        "it answers nobody",
        {"postgresql": falling(1, 10, 0), "second postgresql": falling(1, 10, 0)},
        15,
        _of(),
    ),
    Case("CanslimPostgresqlDown", CRITICAL, "it answers one of two", {"postgresql": flat(0)}, 15),
    Case("CanslimPostgresqlDown", CRITICAL, "nobody can tell, which has an alert of its own", NO_API, 40),
    Case(
        "CanslimRedisDown",
        CRITICAL,
        "it answers nobody",
        {"redis": falling(1, 10, 0), "second redis": falling(1, 10, 0)},
        15,
        _of(),
    ),
    Case("CanslimRedisDown", CRITICAL, "it answers one of two", {"redis": flat(0)}, 15),
    Case("CanslimMessagesUnsent", CRITICAL, "sends fail all the time", {"unsent": growing(10)}, 20, _of()),
    Case("CanslimMessagesUnsent", CRITICAL, "sends failed some time ago", {"unsent": "0+10x5 60+0x100"}, 30),
    Case("CanslimRelayFailing", WARNING, "rounds fail all the time", {"relay failures": growing(2)}, 30, _of()),
    Case("CanslimRelayFailing", WARNING, "one round failed", {"relay failures": falling(0, 10, 1)}, 30),
    Case("CanslimTasksLate", CRITICAL, "all tasks of an hour start late", LATE, 90, COLLECTORS),
    Case("CanslimTasksLate", CRITICAL, "half of them start late", {"collect in time": growing(5)}, 90),
    Case("CanslimTasksLate", CRITICAL, "it is the provider's pace that they wait for", LATE | PACED, 90),
    Case(
        "CanslimTasksLate",
        CRITICAL,
        "they start in time again",
        {"collect in time": "0+0x60 0+10x60"},
        90,
    ),
    Case(
        "CanslimTasksLate",
        CRITICAL,
        "two tasks of a night start late",
        {"rs in time": flat(0), "rs started": "0+0x60 0 2+0x100", "rs started by bucket": "0+0x60 0 2+0x100"},
        65,
    ),
    Case(
        "CanslimTasksLate",
        CRITICAL,
        "those of a backfill start late, and one of the night with them",
        {"rs in time": flat(0)}
        | dict.fromkeys(("history started", "history started by bucket"), growing(10))
        | dict.fromkeys(("rs started", "rs started by bucket"), "0+0x60 0 1+0x100"),
        65,
    ),
    Case("CanslimTasksLate", WARNING, "half of them start late, for hours", {"rs in time": growing(5)}, 400, SCORERS),
    Case("CanslimTasksLate", WARNING, "one in ten starts late", {"rs in time": growing(9)}, 400),
    Case("CanslimTasksLate", WARNING, "it is the provider's pace that they wait for", LATE | PACED, 400),
    Case(
        "CanslimTasksWait",
        WARNING,
        "a task waits for a quarter of an hour",
        {"collector age": flat(900)},
        30,
        COLLECTORS,
    ),
    Case(
        "CanslimTasksWait", WARNING, "a scoring task waits for three minutes", {"scoring age": flat(180)}, 30, SCORERS
    ),
    Case(
        "CanslimTasksWait",
        WARNING,
        "tasks of a backfill wait for a quarter of an hour",
        {"scoring age": flat(900), "history ready": flat(9)},
        30,
    ),
    Case("CanslimTasksWait", WARNING, "a collect task waits for three minutes", {"collector age": flat(180)}, 30),
    Case(
        "CanslimTasksWait",
        WARNING,
        "it waits for the provider's pace",
        {"collector age": flat(900)} | PACED,
        60,
    ),
    Case(
        "CanslimQueueStalled",
        CRITICAL,
        "tasks are due and nobody takes them",
        {"rs ready": flat(3), "rs started": flat(50)},
        30,
        SCORERS,
    ),
    Case(
        "CanslimQueueStalled",
        CRITICAL,
        "tasks are due and there never was a worker",
        {"rs ready": flat(3), "rs started": ABSENT},
        30,
        SCORERS,
    ),
    Case("CanslimQueueStalled", CRITICAL, "tasks are due and others start", {"rs ready": flat(3)}, 30),
    Case(
        "CanslimQueueStalled",
        CRITICAL,
        "a long task runs while others wait",
        {"score ready": flat(1), "rs running": flat(1), "rs started": flat(50)},
        30,
    ),
    Case("CanslimQueueStalled", CRITICAL, "there is nothing to do", {"rs started": flat(50)}, 30),
    Case(
        "CanslimNoWorker",
        CRITICAL,
        "no worker of the queue is scraped",
        {"rs ready": flat(2), "scoring threads": ABSENT},
        30,
        SCORERS,
    ),
    Case(
        "CanslimNoWorker",
        CRITICAL,
        "the only one drains",
        {"collect ready": flat(2), "collector draining": flat(1)},
        30,
        COLLECTORS,
    ),
    Case(
        "CanslimNoWorker",
        CRITICAL,
        "Redis hears of none",
        {"collect ready": flat(2), "workers": flat(0)},
        30,
        COLLECTORS,
    ),
    Case("CanslimNoWorker", CRITICAL, "no worker is there and nothing to do", {"scoring threads": ABSENT}, 30),
    Case("CanslimNoWorker", CRITICAL, "a worker is there", {"collect ready": flat(2)}, 30),
    Case(
        "CanslimDeadLetters",
        WARNING,
        "a task was given up",
        {"rs dead": falling(0, 10, 1)},
        12,
        SCORERS | {"stage": "rs"},
    ),
    Case("CanslimDeadLetters", WARNING, "it was replayed", {"rs dead": falling(1, 10, 0)}, 12),
    Case(
        "CanslimTasksFailing",
        WARNING,
        "a third of the runs fail",
        {"collect retried": growing(5)},
        30,
        _of(stage="collect"),
    ),
    Case("CanslimTasksFailing", WARNING, "one in eleven fails", {"collect retried": growing(1)}, 30),
    Case("CanslimLeasesExpiring", WARNING, "four leases expire", {"leases expired": falling(0, 10, 4)}, 20, _of()),
    Case("CanslimLeasesExpiring", WARNING, "one lease expires", {"leases expired": falling(0, 10, 1)}, 20),
    Case("CanslimJobOverdue", WARNING, "a job is overdue", {"jobs expired": falling(0, 10, 1)}, 20, _of()),
    Case("CanslimJobOverdue", WARNING, "one was overdue long ago", {"jobs expired": falling(0, 10, 1)}, 90),
    Case("CanslimApiErrors", CRITICAL, "one request in ten fails", {"errors": growing(6)}, 90, _of()),
    Case("CanslimApiErrors", CRITICAL, "one in a hundred fails", {"errors": growing(0.6)}, 90),
    Case("CanslimApiErrors", CRITICAL, "only probes fail", {"failed probes": growing(6)}, 90),
    Case(
        "CanslimApiErrors",
        CRITICAL,
        "one of three requests of the night fails",
        {"requests": falling(0, 80, 2), "errors": falling(0, 80, 1)},
        85,
    ),
    Case("CanslimApiErrors", WARNING, "one request in twenty fails, for hours", {"errors": growing(3)}, 400, _of()),
    Case("CanslimApiErrors", WARNING, "one in a hundred fails", {"errors": growing(0.6)}, 400),
    Case("CanslimApiSlow", WARNING, "answers take two seconds", {"quick": flat(0)}, 40, _of()),
    Case("CanslimApiSlow", WARNING, "nobody asks", dict.fromkeys(("quick", "slow", "answered"), flat(7)), 40),
    Case("CanslimYahooRefusing", WARNING, "pause follows pause", {"yahoo pause": "60+0x5 0 0 300+0x200"}, 90, _of()),
    Case(
        "CanslimYahooRefusing", WARNING, "one pause of a quarter of an hour", {"yahoo pause": "900-60x14 0+0x200"}, 90
    ),
    Case("CanslimYahooRefusing", WARNING, "another provider", {"yahoo pause": ABSENT}, 90),
    Case("CanslimYahooFailing", WARNING, "three in four requests fail", {"yahoo failures": growing(18)}, 40, _of()),
    Case("CanslimYahooFailing", WARNING, "one in seven fails", {"yahoo failures": growing(1)}, 40),
    Case(
        "CanslimYahooFailing", WARNING, "it refuses, which has an alert of its own", {"yahoo refusals": growing(60)}, 40
    ),
    Case(
        "CanslimSymbolsFailing",
        WARNING,
        "a third of the symbols fail",
        {"unavailable": growing(50)},
        30,
        _of(provider="yahoo"),
    ),
    Case("CanslimSymbolsFailing", WARNING, "one in a hundred fails", {"unavailable": growing(1)}, 30),
    Case(
        "CanslimDataStale",
        WARNING,
        "a session is expected for eight hours and not published",
        {"expected session": falling(172_800, 600, 259_200)},
        1080,
        _of(),
    ),
    Case(
        "CanslimDataStale",
        WARNING,
        "nothing was ever published",
        {"published session": ABSENT},
        600,
        _of(),
    ),
    Case(
        "CanslimDataStale",
        WARNING,
        "the next session is expected just now, and the last one missing",
        {"expected session": "172800+0x400 259200+0x600 345600+0x700"},
        1010,
        _of(),
    ),
    Case(
        "CanslimDataStale",
        WARNING,
        "a session is expected for three hours",
        {"expected session": falling(172_800, 600, 259_200)},
        780,
    ),
    Case(
        "CanslimDataStale", WARNING, "no live provider", {"expected session": ABSENT, "published session": ABSENT}, 600
    ),
    Case(
        "CanslimDataStale",
        WARNING,
        "PostgreSQL is away, so nobody knows",
        {"postgresql": flat(0), "second postgresql": flat(0), "published session": ABSENT},
        600,
    ),
    Case(
        "CanslimCoverageLow",
        WARNING,
        "one symbol in twelve has no price",
        {"priced": flat(458)},
        10,
        _of(universe="us"),
    ),
    Case("CanslimCoverageLow", WARNING, "one in fifty has none", {"priced": flat(490)}, 10),
    Case(
        "CanslimRefreshFailed", CRITICAL, "the last one failed", {"failed refresh": flat(6000)}, 20, _of(universe="us")
    ),
    Case(
        "CanslimRefreshFailed",
        CRITICAL,
        "the first one failed",
        {"completed refresh": ABSENT},
        20,
        _of(universe="us"),
    ),
    Case("CanslimRefreshFailed", CRITICAL, "one failed before the last", {}, 20),
    Case("CanslimRefreshFailed", CRITICAL, "none ever failed", {"failed refresh": ABSENT}, 20),
    Case("CanslimRefreshFailed", CRITICAL, "it failed just now", {"failed refresh": falling(4000, 10, 6000)}, 20),
    Case(
        "CanslimRefreshFailed",
        CRITICAL,
        "the nightly job tries again for an hour",
        {"failed refresh": flat(6000), "refreshes": "0+0x2 1+0x60 0 1+0x60"},
        75,
    ),
    Case(
        "CanslimRefreshFailed",
        CRITICAL,
        "its last try failed as well",
        {"failed refresh": flat(6000), "refreshes": falling(1, 60, 0)},
        80,
        _of(universe="us"),
    ),
    Case("CanslimRefreshFailed", CRITICAL, "an own list failed", {"own failed refresh": flat(6000)}, 40),
    Case(
        "CanslimRefreshFailed",
        WARNING,
        "an own list failed",
        {"own failed refresh": flat(6000)},
        20,
        _of(universe="mine"),
    ),
    Case(
        "CanslimRefreshFailed",
        WARNING,
        "it was deleted",
        {"own failed refresh": ending(6000, 30), "own completed refresh": ending(5000, 30)},
        40,
    ),
    Case(
        "CanslimPoolAtMaximum",
        WARNING,
        "eight of eight pods, and tasks wait",
        {"desired": flat(8), "collect ready": flat(40)},
        40,
        _of(deployment="canslim-collector"),
    ),
    Case("CanslimPoolAtMaximum", WARNING, "eight of eight pods, and nothing waits", {"desired": flat(8)}, 40),
    Case("CanslimPoolAtMaximum", WARNING, "tasks wait and it still grows", {"collect ready": flat(40)}, 40),
    Case(
        "CanslimPoolAtMaximum",
        WARNING,
        "tasks wait for the provider's pace",
        {"desired": flat(8), "collect ready": flat(40)} | PACED,
        90,
    ),
    Case(
        "CanslimScalerErrors",
        WARNING,
        "a trigger fails all the time",
        {"keda errors": growing(4)},
        30,
        _of(scaledObject="canslim-collector"),
    ),
    Case("CanslimScalerErrors", WARNING, "a trigger failed once", {"keda errors": falling(0, 5, 1)}, 30),
    Case("CanslimScalerUnseen", INFO, "KEDA is not scraped", {"keda errors": ABSENT, "paused": ABSENT}, 60, _of()),
    Case(
        "CanslimScalerUnseen",
        INFO,
        "no pool scales by KEDA",
        dict.fromkeys(("keda errors", "paused", "desired", "maximum", "blind")),
        60,
    ),
    Case(
        "CanslimAutoscalerBlind",
        WARNING,
        "it gets no metrics",
        {"blind": flat(1)},
        30,
        _of(horizontalpodautoscaler="keda-hpa-canslim-collector"),
    ),
    Case("CanslimAutoscalerBlind", WARNING, "it got none for a moment", {"blind": "0+0x10 1+0x4 0+0x60"}, 30),
    Case(
        "CanslimScalingPaused",
        INFO,
        "held since yesterday",
        {"paused": flat(1)},
        800,
        _of(scaledObject="canslim-collector"),
    ),
    Case("CanslimScalingPaused", INFO, "held for an hour", {"paused": falling(0, 700, 1)}, 760),
    Case(
        "CanslimScalingPinned",
        INFO,
        "bounds of one number since yesterday",
        {"other minimum": flat(4)},
        800,
        _of(deployment="canslim-scoring"),
    ),
    Case("CanslimScalingPinned", INFO, "for an hour", {"other minimum": falling(1, 700, 4)}, 760),
    Case("CanslimScalingPinned", INFO, "KEDA's, which a pause holds", {"minimum": flat(8)}, 800),
    Case(
        "CanslimMigrationFailed",
        CRITICAL,
        "Kubernetes gave it up",
        {"migration": falling(0, 10, 1)},
        12,
        _of(job_name="canslim-migrate-1a2b3c4d"),
    ),
    Case(
        "CanslimMigrationFailed",
        CRITICAL,
        "Kubernetes gave up the first one, so no process answers",
        {"migration": flat(1), "up collector": flat(0), "up scoring": flat(0)} | NO_API,
        60,
        _of(job_name="canslim-migrate-1a2b3c4d"),
    ),
    Case("CanslimMigrationFailed", CRITICAL, "one of its tries failed", {}, 12),
    Case(
        "CanslimRefreshJobFailed",
        WARNING,
        "Kubernetes gave it up",
        {"nightly": flat(1)},
        12,
        _of(job_name="canslim-refresh-29012345"),
    ),
    Case(
        "CanslimRefreshJobFailed",
        WARNING,
        "it ran for a day, as long as it may",
        {"nightly": falling(0, 1440, 1)},
        1450,
        _of(job_name="canslim-refresh-29012345"),
    ),
    Case("CanslimRefreshJobFailed", WARNING, "that was the night before last", {"nightly": flat(1)}, 1500),
    Case(
        "CanslimRefreshMissed",
        WARNING,
        "it should have started three hours ago",
        {"next nightly": flat(3600)},
        240,
        _of(cronjob="canslim-refresh"),
    ),
    Case("CanslimRefreshMissed", WARNING, "an hour ago", {"next nightly": flat(3600)}, 120),
    Case("CanslimRefreshMissed", WARNING, "it is suspended", {"next nightly": flat(3600), "suspended": flat(1)}, 240),
    Case(
        "CanslimPodsRestarting",
        WARNING,
        "four times in an hour",
        {"restarts": "0+0x10 1+0x10 2+0x10 3+0x10 4+0x60"},
        50,
        _of(pod="canslim-collector-7d9c-ccccc"),
    ),
    Case("CanslimPodsRestarting", WARNING, "once", {"restarts": falling(0, 10, 1)}, 50),
    Case(
        "CanslimPodsUnavailable",
        WARNING,
        "a pod does not get ready",
        {"unavailable pods": flat(1)},
        30,
        _of(deployment="canslim-collector"),
    ),
    Case(
        "CanslimPodsUnavailable",
        WARNING,
        "no pod was ever let in, so Prometheus knows none",
        {"unavailable pods": flat(2)} | dict.fromkeys(ALL_PODS),
        30,
        _of(deployment="canslim-collector"),
    ),
    Case(
        "CanslimPodsUnavailable",
        WARNING,
        "nor of a release of another name",
        {"unavailable labelled pods": flat(2)} | dict.fromkeys(ALL_PODS),
        30,
        _of(deployment="stocks-api"),
    ),
    Case("CanslimPodsUnavailable", WARNING, "a Deployment of somebody else", {"unavailable strange pods": flat(1)}, 30),
    Case("CanslimPodsUnavailable", WARNING, "a pod is starting", {"unavailable pods": falling(0, 25, 1)}, 30),
    Case(
        "CanslimKubernetesUnseen",
        INFO,
        "kube-state-metrics is not scraped",
        {"deployment": ABSENT},
        60,
        _of(),
    ),
    Case("CanslimKubernetesUnseen", INFO, "it is", {}, 60),
)
