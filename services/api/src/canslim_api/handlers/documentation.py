"""The API's description, for programs and for people."""

from html import escape
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from canslim_api.endpoints import Body, Call, Query

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { background: #8882; padding: .1em .3em; border-radius: 3px; }
h2 { border-top: 1px solid #8884; padding-top: 1rem; font-size: 1.1rem; }
td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
:root { color-scheme: light dark; }
"""


async def openapi(call: Call[Query, Body]) -> Response:
    return JSONResponse(call.request.app.state.openapi())


async def page(call: Call[Query, Body]) -> Response:
    document = call.request.app.state.openapi()
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>canslim API</title><style>{STYLE}</style>"
        f"<h1>canslim API {escape(document['info']['version'])}</h1>"
        f"<p>{escape(document['info']['description'])} The machine-readable form is "
        f'<a href="/openapi.json">/openapi.json</a>.</p>{"".join(operations)}</html>',
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code><td>{parameter['in']}<td>{escape(_type(parameter['schema']))}"
        for parameter in operation["parameters"]
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    named = f"<p>Body: <code>{escape(body['$ref'].rpartition('/')[2])}</code></p>" if "$ref" in body else ""
    lock = " · administrator" if "security" in operation else ""
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation['summary'])}{lock}</p>"
        f"{named}<table>{rows}</table>"
    )


def _type(schema: dict[str, Any]) -> str:
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    names = [str(option.get("format") or option.get("enum") or option.get("type", "")) for option in options]
    default = schema.get("default")
    return " or ".join(names) + (f", by default {default}" if default is not None else "")
