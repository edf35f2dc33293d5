"""Both ways to a server: what holds of the wire holds by httpx's own transport and by aiohttp's."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from runner.edge.wire.transport import CHOICE, WAYS


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of the transport under which the test runs."""
    name = str(request.param)
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install '.[fast]'")
    monkeypatch.setenv(CHOICE, name)
    return name
