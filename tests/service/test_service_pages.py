"""The request examples of the providers' own pages, word for word but for host and key, are answered as they say."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from ledgers import ledger
from service_client import Shown, client, picture

PAGES = {path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).with_name("pages").glob("*.json"))}


def shape(value: Any, key: str = "") -> Any:
    """Return what a reply looks like: the type of every value, and the words that mean something."""
    if isinstance(value, dict):
        return {name: shape(inner, name) for name, inner in value.items()}
    return value if key in {"status_code", "status_msg", "status", "method", "success"} else type(value).__name__


@pytest.mark.parametrize("name", PAGES)
def test_the_example_of_the_page_is_answered_as_the_page_says(name: str, tmp_path: Path) -> None:
    page = PAGES[name]
    images = Shown(dict.fromkeys(pictures_in(page["body"]), picture()))

    async def main() -> Any:
        async with client(tmp_path, keys=frozenset({"k"}), key="k", fetcher=images) as c:
            reply = await c.http.post(page["path"], json=page["body"])
            assert reply.status_code == 200
            return reply.json()

    answered = shape(asyncio.run(main()))
    expected = shape(page["reply"])
    assert {name: answered[name] for name in expected} == expected
    assert len(ledger(tmp_path)) == 1


def pictures_in(value: Any) -> list[str]:
    match value:
        case dict():
            return [url for inner in value.values() for url in pictures_in(inner)]
        case list():
            return [url for inner in value for url in pictures_in(inner)]
        case str() if value.startswith("https://"):
            return [value]
        case _:
            return []
