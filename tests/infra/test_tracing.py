"""Traces from a request's span to its job's tasks."""

from opentelemetry.sdk.trace import TracerProvider

from canslim_infra.tracing import traceparent
from tests.infra.engine import Engine, refresh


async def test_without_a_trace_a_job_has_none(engine: Engine) -> None:
    assert traceparent() is None
    job = await engine.start(refresh("A"))
    assert (await engine.claimed(job)).trace is None


async def test_a_task_knows_the_span_of_its_jobs_request(engine: Engine) -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("POST") as span:
        job = await engine.start(refresh("A"))
    task = await engine.claimed(job)
    assert task.trace is not None
    assert format(span.get_span_context().trace_id, "032x") in task.trace


async def test_a_claim_says_how_long_the_task_was_due(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    await engine.execute("UPDATE job_task SET due_at = now() - interval '90 s'")
    assert 90 <= (await engine.claimed(job)).waited.total_seconds() < 120
