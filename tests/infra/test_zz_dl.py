import asyncio
from tests.infra.engine import Engine, refresh
from canslim_infra.postgres.due_tasks import give_back
from tests.infra.conftest import database, engine
async def test_dl(engine):
    symbols = [f"S{number:03}" for number in range(200)]
    for n in range(40):
        job = await engine.start(refresh(universe=f"u{n}"), [{"symbols": [symbol]} for symbol in symbols])
        await engine.cancel(job.id)
    await engine.execute("ANALYZE job_task"); await engine.execute("ANALYZE job")
    for n in range(60):
        job = await engine.start(refresh(), [{"symbols": [symbol]} for symbol in symbols])
        await engine.execute("UPDATE job_task SET sent_at = NULL WHERE state='pending' and id % 2 = 0")
        tasks = await engine.take_tasks()
        if n == 0:
            for q in ("SELECT FROM job_task WHERE job_id = '%s' AND state IN ('pending','running')" % job.id, "SELECT FROM job_task WHERE id = ANY('{%s}') AND state='pending'" % ",".join(str(t.id) for t in tasks), "SELECT FROM job_task WHERE state='running' AND owner='w'"):
                print(q[:60], [r["QUERY PLAN"] for r in await engine.rows("EXPLAIN " + q)])
        await asyncio.gather(engine.cancel(job.id), give_back(engine.database, tasks))
    for n in range(60):
        job = await engine.start(refresh(), [{"symbols": [symbol]} for symbol in symbols])
        await engine.execute("UPDATE job_task SET state='running', owner='w', lease_until=now() WHERE state='pending' and id % 2 = 0")
        await engine.execute("UPDATE job_task SET state='running', owner='w', lease_until=now() WHERE state='pending'")
        await asyncio.gather(engine.cancel(job.id), engine.release('w'))
