"""OpenAPI 3.1, made from the table of endpoints and their models."""

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from canslim_api.endpoints import Endpoint

REF = "#/components/schemas/{model}"
CONVERTERS = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}, "str": {"type": "string"}}
PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("in", "field", "message")},
            },
        },
    },
}


PROBLEM_ANSWER = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
}

#: A model's reference into the document.
Schemas = dict[Any, dict[str, Any]]


def describe(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    models = {model for endpoint in endpoints for model in _models(endpoint)}
    ordered = sorted(models, key=lambda model: model.__name__)
    references, definitions = models_json_schema(
        [(model, "serialization" if _is_answer(model, endpoints) else "validation") for model in ordered],
        ref_template=REF,
    )
    schemas: Schemas = {model: schema for (model, _), schema in references.items()}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "canslim",
            "version": version("canslim-api"),
            "description": "A self-hosted CAN SLIM screening system. Errors are application/problem+json.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}) | {"Problem": PROBLEM_SCHEMA},
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(endpoint: Endpoint) -> list[type[BaseModel]]:
    answers = [model for model in endpoint.answers.values() if model is not None]
    return [endpoint.body, *answers] if endpoint.body else answers


def _is_answer(model: type[BaseModel], endpoints: Sequence[Endpoint]) -> bool:
    return any(model in endpoint.answers.values() for endpoint in endpoints)


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": f"{endpoint.handler.__module__.rpartition('.')[2]}_{endpoint.handler.__name__}",
        "parameters": _parameters(endpoint),
        "responses": {str(code): _answer(endpoint, model, schemas) for code, model in endpoint.answers.items()}
        | {"default": PROBLEM_ANSWER},
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": schemas[endpoint.body]}}
        required = any(field.is_required() for field in endpoint.body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": content}
    if endpoint.admin:
        operation["security"] = [{"admin": []}]
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": CONVERTERS[converter or "str"]}
        for name, converter in PARAMETER.findall(endpoint.path)
    ]
    query = endpoint.query.model_json_schema()
    in_query = [
        {"name": name, "in": "query", "required": name in query.get("required", []), "schema": schema}
        for name, schema in query.get("properties", {}).items()
    ]
    in_header = [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}} for name in endpoint.headers
    ]
    return in_path + in_query + in_header


def _answer(endpoint: Endpoint, model: type[BaseModel] | None, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {media_type: {} for media_type in endpoint.media_types}
    if model is not None:
        content["application/json"] = {"schema": schemas[model]}
    return {"description": endpoint.summary, "content": content}
