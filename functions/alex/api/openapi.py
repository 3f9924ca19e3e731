"""The OpenAPI 3.1 document, made from the table of routes and the models themselves.

`python -m alex.api.openapi` prints it.
"""

import json
import sys
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from alex import __version__
from alex.api.http import PROBLEM_JSON
from alex.api.ingest import DocumentBody
from alex.api.route import Route
from alex.api.routes import ROUTES
from alex.api.views import ProblemView

type Json = dict[str, Any]
type Mode = Literal["validation", "serialization"]

ANY_ROUTE = (403, 500, 503, 504)
"""Error statuses that every route can answer."""

_REFERENCE = "#/components/schemas/"


def document() -> Json:
    """The API as OpenAPI 3.1 describes it."""
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Alex",
            "version": __version__,
            "description": "Documents in, answers out, research on request.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "schemas": _schemas(),
            "responses": {_name(s): _refusal(s) for s in (*ANY_ROUTE, 400, 404, 409, 413)},
        },
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": _responses(route),
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.bodies:
        operation["requestBody"] = {"required": True, "content": _content(route.bodies)}
    return operation


def _parameters(route: Route) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.parameters
    ]
    if route.query:
        parameters += _query(route.query)
    if route.idempotency_key:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A repeat with the same key is answered with the job made first.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 200,
                    "pattern": "^[!-~]+$",
                },
            }
        )
    return parameters


def _query(model: type[BaseModel]) -> list[Json]:
    """A model's fields as parameters of a query string, where there is no null."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": _plain(field, definitions),
        }
        for name, field in schema["properties"].items()
    ]


def _plain(field: Json, definitions: Json) -> Json:
    """A field's schema, its reference resolved and its null left out."""
    options = [option for option in field.get("anyOf", ()) if option["type"] != "null"]
    if "$ref" in field:
        options.append(definitions[field["$ref"].rpartition("/")[2]])
    kept = {n: v for n, v in field.items() if n not in {"anyOf", "$ref", "title"} and v is not None}
    for option in options:
        kept |= option
    return kept


def _responses(route: Route) -> Json:
    responses: Json = {}
    for status, views in route.answers.items():
        response: Json = {"description": HTTPStatus(status).phrase}
        if views:
            response["content"] = _content(views)
        responses[str(status)] = response
    for status in sorted({*route.refusals, *ANY_ROUTE}):
        responses[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    return responses


def _content(models: tuple[type[BaseModel], ...]) -> Json:
    """JSON that is any of these."""
    references = [{"$ref": _REFERENCE + model.__name__} for model in models]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {"application/json": {"schema": schema}}


def _refusal(status: int) -> Json:
    schema = {"$ref": _REFERENCE + ProblemView.__name__}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {PROBLEM_JSON: {"schema": schema}},
    }


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _schemas() -> Json:
    """Every model the routes use: what requests may hold, what responses do hold."""
    modes: dict[type[BaseModel], Mode] = {ProblemView: "serialization", DocumentBody: "validation"}
    for route in ROUTES:
        modes |= dict.fromkeys(route.bodies, "validation")
        modes |= dict.fromkeys(
            (view for views in route.answers.values() for view in views), "serialization"
        )
    _, schema = models_json_schema(
        [(model, mode) for model, mode in modes.items()], ref_template=_REFERENCE + "{model}"
    )
    schemas: Json = schema["$defs"]
    # Each document of a batch is checked by itself, so their model is not the batch's own.
    schemas["BatchBody"]["properties"]["documents"]["items"] = {"$ref": _REFERENCE + "DocumentBody"}
    return schemas


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
