"""What must hold after every fault: invariants A to E, and the result of the undisturbed run."""

from tests.faults.cluster import Cluster

#: Statements that must return no row; the words say what a row would mean.
BROKEN = {
    "A: a task of a finished job is not finished": """
        SELECT job_task.id FROM job_task JOIN job ON job.id = job_id
        WHERE job.finished_at IS NOT NULL AND job_task.state IN ('pending', 'running')""",
    "B: the symbols of a completed job do not add up": """
        SELECT id FROM job WHERE state = 'completed' AND (done + failed <> total OR open_tasks <> 0)""",
    "B: a stage was opened twice": """
        SELECT job_id, data ->> 'stage' FROM job_event WHERE type = 'stage_started'
        GROUP BY 1, 2 HAVING count(*) > 1""",
    "B: a job did not finish exactly once": """
        SELECT id FROM job LEFT JOIN job_event ON job_id = id AND type = 'finished'
        WHERE finished_at IS NOT NULL GROUP BY id HAVING count(seq) <> 1""",
    "B: the events have a gap": """
        SELECT job_id FROM job_event GROUP BY job_id HAVING max(seq) <> count(*) OR min(seq) <> 1""",
    "C: what is stored of a symbol disagrees with its bars": """
        SELECT series.symbol FROM series LEFT JOIN daily_bar USING (symbol)
        GROUP BY series.symbol
        HAVING count(session) <> max(bars) OR max(session) <> max(last_session)""",
    "C: a universe's session was published more than once": """
        SELECT universe, session FROM rating_set WHERE published_at IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) > 1""",
    "D: a finished task still has an owner": """
        SELECT id FROM job_task WHERE state <> 'running' AND owner IS NOT NULL""",
    "E: a lease is older than it may be": """
        SELECT id FROM job_task WHERE state = 'running' AND lease_until < now() - interval '5 s'""",
}

#: The result of a refresh, without the numbers and times of rows.
RESULT = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat_ws('|', session, symbol, last_session, close, rs_raw, rs_rating, rs_provisional, rs_reason,
                         score, coverage, graded, score_reason, figures, reasons, letters, details) AS line
        FROM rating JOIN rating_set ON rating_set.id = set_id WHERE published_at IS NOT NULL
        UNION ALL SELECT daily_bar::text FROM daily_bar
        UNION ALL SELECT filing::text FROM filing
        UNION ALL SELECT split::text FROM split
        UNION ALL SELECT concat_ws('|', universe, session, rs_version, score_version, ratings, versions, active, priced,
                                   rated, market)
        FROM rating_set WHERE published_at IS NOT NULL
    ) AS result"""

#: Claims that did not end their task, as a share of the tasks.
EXTRA_RUNS = "SELECT round(sum(attempt - 1)::numeric / count(*), 2) FROM job_task"


def check(cluster: Cluster) -> None:
    for broken, statement in BROKEN.items():
        rows = cluster.ask(statement)
        assert not rows, f"{broken}: {rows}\n{cluster.report()}"


def result(cluster: Cluster) -> str:
    return cluster.ask(RESULT)
