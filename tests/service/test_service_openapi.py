"""The OpenAPI document says what is served; and whatever is sent, the answer is one that it describes, and no 5xx."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from service_client import Client, data_url, picture, served

from runner.service.service import DIALECTS

HERE = Path(__file__).parent
DOCUMENT = json.loads((HERE.parents[1] / "runner/service/openapi.json").read_text())
MINIMAX = yaml.safe_load((HERE / "pages/minimax-openapi.yaml").read_text())
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
SUBMITS = [path for method, path in OPERATIONS if method == "post"]
PORTRAIT = data_url(picture())
SEVERAL = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])


def complaints(document: Any, method: str, path: str, reply: httpx.Response) -> list[str]:
    """Return what the document has against a reply."""
    responses = document["paths"][path][method]["responses"]
    if str(reply.status_code) not in responses:
        return [f"HTTP {reply.status_code} is not documented: {reply.text}"]
    content = responses[str(reply.status_code)]["content"]
    kind = reply.headers["content-type"].partition(";")[0]
    if kind not in content:
        return [f"{kind} is not documented"]
    if "schema" not in content[kind]:
        return []
    schema = {**content[kind]["schema"], "components": document["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(reply.json())]


def test_the_document_is_served_with_the_servers_own_address(tmp_path: Path) -> None:
    document = served(tmp_path, lambda c: c.http.get("/openapi.json")).json()

    assert document["servers"] == [{"url": "http://local"}]
    assert document["paths"] == DOCUMENT["paths"]


def test_everything_that_is_documented_is_served(tmp_path: Path) -> None:
    async def act(c: Client) -> set[tuple[str, str]]:
        found = set()
        for method, path in OPERATIONS:
            reply = await c.http.request(method, path.replace("{task_id}", "1").replace("{file_id}", "1"))
            found |= {(method, path)} if reply.status_code != 405 and reply.text != "Not Found" else set()
        return found

    assert served(tmp_path, act) == set(OPERATIONS)


def test_every_dialect_is_in_the_document_by_all_its_routes() -> None:
    told = {path for _, path in OPERATIONS}
    desk: Any = SimpleNamespace(clock=lambda: 0.0)  # routes are made from it here, and never asked
    routes = [route for routes_of in DIALECTS.values() for route in routes_of(desk)]

    assert [route.path for route in routes if route.path.replace(":str}", "}") not in told] == []


def test_the_page_for_people_names_every_provider_and_carries_no_script(tmp_path: Path) -> None:
    page = served(tmp_path, lambda c: c.http.get("/"))

    assert page.headers["content-type"].startswith("text/html")
    assert all(name in page.text for name in ("MiniMax", "V-API", "302.AI", "Modellix", "/openapi.json", "/ledger"))
    assert "<script" not in page.text


def test_the_page_for_people_names_the_address_at_which_it_was_asked_for(tmp_path: Path) -> None:
    asked = served(tmp_path, lambda c: c.http.get("/"))
    strange = served(tmp_path, lambda c: c.http.get("/", headers={"Host": "a<b>c"}))

    assert "MINIMAX_API_HOST=http://local MINIMAX_API_KEY=" in asked.text
    assert "<b>" not in strange.text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.just(PORTRAIT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=30).filter(
    lambda name: name not in {".", ".."}  # which a client takes out of a path before it is sent
)


def of_schema(schema: Any) -> st.SearchStrategy[Any]:
    """Return values that fit a schema of the document, as far as a service can be asked for them."""
    if "$ref" in schema:
        return of_schema(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "oneOf" in schema:
        return st.one_of(*map(of_schema, schema["oneOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            inner = {name: of_schema(each) for name, each in schema["properties"].items() if name != "callback_url"}
            must = set(schema["required"])
            return st.fixed_dictionaries(
                {name: inner[name] for name in inner if name in must},
                optional={name: inner[name] for name in inner if name not in must},
            )
        case "array":
            return st.lists(
                of_schema(schema["items"]), min_size=schema["minItems"], max_size=min(2, schema["maxItems"])
            )
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case _ if "URL" in schema.get("description", ""):
            return st.just(PORTRAIT)
        case _:
            letters = st.characters(exclude_categories=["Cs"])
            return st.text(letters, min_size=schema.get("minLength", 0), max_size=40)


@pytest.mark.parametrize("path", SUBMITS)
@SEVERAL
@given(data=st.data())
def test_an_order_that_fits_the_document_makes_a_job(path: str, data: st.DataObject, tmp_path: Path) -> None:
    schema = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    orders = [data.draw(of_schema(schema))]

    (reply,) = posted(tmp_path, path, orders)
    assert complaints(DOCUMENT, "post", path, reply) == []
    assert "task_id" in reply.text, reply.text


@pytest.mark.parametrize("path", SUBMITS)
@SEVERAL
@given(data=st.data())
def test_whatever_is_ordered_the_answer_is_documented(path: str, data: st.DataObject, tmp_path: Path) -> None:
    schema = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    order = data.draw(of_schema(schema))
    spoiled = data.draw(st.sampled_from(sorted(order)))
    order |= {spoiled: data.draw(JSON)}

    for reply in posted(tmp_path, path, [order, data.draw(JSON)]):
        assert complaints(DOCUMENT, "post", path, reply) == []
        assert path != "/v1/video_generation" or complaints(MINIMAX, "post", path, reply) == []


def posted(folder: Path, path: str, orders: list[Any]) -> list[httpx.Response]:
    async def act(c: Client) -> list[httpx.Response]:
        return [await c.http.post(path, json=order) for order in orders]

    return served(folder, act)


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "get"])
@SEVERAL
@given(ids=st.lists(NAMES, min_size=1, max_size=3))
def test_whatever_is_asked_for_the_answer_is_documented(path: str, ids: list[str], tmp_path: Path) -> None:
    async def act(c: Client) -> list[httpx.Response]:
        found = []
        for one in ids:
            asked = path.replace("{task_id}", quote(one, safe="")).replace("{file_id}", quote(one, safe=""))
            query = {"task_id": one, "file_id": one, "expires": one, "signature": one}
            found.append(await c.http.get(asked, params=query))
        return found

    for reply in served(tmp_path, act):
        assert complaints(DOCUMENT, "get", path, reply) == []


@pytest.mark.parametrize("name", ["minimax-openapi", "minimax-curl"])
def test_the_examples_fit_the_pages_own_document_and_so_do_the_answers(name: str, tmp_path: Path) -> None:
    page = json.loads((HERE / f"pages/{name}.json").read_text())
    request = MINIMAX["components"]["schemas"]["VideoGenerationReq"]
    schema = {**request, "components": MINIMAX["components"]}
    Draft202012Validator(schema).validate(page["body"])

    page["body"]["subject_reference"][0]["image"] = [PORTRAIT]
    (reply,) = posted(tmp_path, page["path"], [page["body"]])
    assert complaints(MINIMAX, "post", page["path"], reply) == []
    assert page["body"].keys() == request["example"].keys()
