"""Answers with something wrong about them."""

from tests.yahoo.answer import HTML, TEXT, Answer, answer, refusal
from tests.yahoo.faults import Fault
from tests.yahoo.request import Kind

PAGE = b"<!DOCTYPE html><html><head><title>Yahoo</title></head><body><p>%s</p></body></html>"
#: Whose key in JSON holds an endpoint's errors.
ROOTS = {
    Kind.CHART: "chart",
    Kind.QUOTE: "quoteResponse",
    Kind.SUMMARY: "quoteSummary",
    Kind.TIMESERIES: "timeseries",
    Kind.SPARK: "spark",
}


def page(status: int, text: bytes) -> Answer:
    return Answer(status, PAGE % text, HTML)


def too_many_requests(retry_after: int | None) -> Answer:
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Answer(429, b"Too Many Requests\r\n", TEXT, headers)


def spoilt(good: Answer, fault: Fault, kind: Kind, retry_after: int | None) -> Answer:
    """What is sent in place of the good answer; faults of the connection leave it as it is."""
    root = ROOTS.get(kind, "finance")
    match fault:
        case Fault.SERVER_ERROR:
            return refusal("finance", 500, "Internal Server Error", "Internal server error")
        case Fault.BAD_GATEWAY:
            return page(502, b"Our engineers are working quickly to resolve the issue.")
        case Fault.RATE_LIMITED:
            return too_many_requests(retry_after)
        case Fault.BROKEN_JSON:
            return Answer(good.status, good.body[: len(good.body) * 3 // 5], good.content_type)
        case Fault.HTML_PAGE:
            return page(200, b"Something else is here today.")
        case Fault.WRONG_SHAPE:
            return answer({root: {"result": [{"meta": {}, "indicators": [], "data": "moved"}], "error": None}})
    return good
