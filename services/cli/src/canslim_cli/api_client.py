"""The API as the command line uses it: every refusal and absence becomes one clear line."""

from collections.abc import Mapping
from typing import Any, Self

import httpx

#: A JSON object.
Json = dict[str, Any]


class ApiError(Exception):
    """One line for the person at the terminal."""


class ApiClient:
    """A client of one API. Raises ApiError where it is away or refuses."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            self._http = httpx.Client(base_url=url, headers=headers, timeout=30)
        except httpx.InvalidURL as error:
            raise ApiError(f"{url!r} is no address ({error}); expected one as http://127.0.0.1:8000") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Json:
        return _json(self._ask("GET", path, params=_present(query)))

    def text(self, path: str, query: Mapping[str, Any]) -> str:
        return self._ask("GET", path, params=_present(query)).text

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        return _json(self._ask("POST", path, json=_present(body)))

    def put(self, path: str, body: Mapping[str, Any]) -> Json:
        return _json(self._ask("PUT", path, json=body))

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **content)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ApiError(
                f"no canslim API answers at {self._url} ({error}); start one with `canslim up`, "
                "or name it with --api or CANSLIM_API_URL"
            ) from error
        if not response.is_success:
            raise ApiError(_explain(response))
        return response


def _json(response: httpx.Response) -> Json:
    try:
        answer: Json = response.json()
    except ValueError as error:
        raise ApiError(f"{response.request.url} answered something else than JSON: it is no canslim API") from error
    return answer


def _present(values: Mapping[str, Any] | None) -> Json:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _explain(response: httpx.Response) -> str:
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        return str(response.json()["detail"])
    return f"{response.request.url} answered {response.status_code}, which is no canslim API"
