"""What the user hears of Ray, and what Ray hears of the user; none of it needs Ray to be installed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from makers import HAS_RAY

from runner.errors import ConfigError, UsageError
from runner.executors.choosing import chosen
from runner.executors.fingerprint import differences, digest, fingerprint
from runner.executors.on_ray import RayExecutor
from runner.executors.ray_words import meaning_of, objection, surroundings

MISMATCH = (
    "Version mismatch: The cluster was started with:\n    Ray: 2.47.1\n    Python: 3.12.3\n"
    "This process on node 10.0.0.7 was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
)


PROXIED = "leads through a proxy that keeps what belongs to the run"
EXPECTED = "expected ray, ray=auto or ray=HOST:PORT, mostly port 6379"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("ray://head:10001", f"ray=ray://head:10001 {PROXIED}", id="Ray Client"),
        pytest.param("http://head:8265", f"ray=http://head:8265 {PROXIED}", id="the jobs' address"),
        pytest.param("head", f"found 'ray=head', {EXPECTED}", id="no port"),
        pytest.param(":6379", f"found 'ray=:6379', {EXPECTED}", id="no host"),
        pytest.param("bad:port", f"found 'ray=bad:port', {EXPECTED}", id="no number"),
        pytest.param("head:0", f"found 'ray=head:0', {EXPECTED}", id="port 0"),
        pytest.param("head:65536", f"found 'ray=head:65536', {EXPECTED}", id="no such port"),
        pytest.param("my head:6379", f"found 'ray=my head:6379', {EXPECTED}", id="a blank"),
    ],
)
def test_an_address_that_does_not_hold_is_refused(address: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        chosen(f"ray={address}")


@pytest.mark.parametrize("where", ["", "=", "=local", "=auto", "=head:6379", "=10.0.0.1:65535", "=[::1]:6379"])
def test_an_address_that_may_hold_is_taken(where: str) -> None:
    assert callable(chosen(f"ray{where}"))


def test_an_environment_that_leads_through_a_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")

    with pytest.raises(ConfigError, match=f"RAY_ADDRESS=ray://head:10001 {PROXIED}"):
        asyncio.run(RayExecutor("auto").start())


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_its_executor_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pip install 's2v-runner\[ray\]'"):
        asyncio.run(chosen("ray")(tmp_path).start())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param(
            "Unauthenticated: RPC error: InvalidAuthToken: Authentication token is missing or incorrect",
            "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN",
            id="token missing or wrong",
        ),
        pytest.param(
            "Token authentication is enabled but no authentication token was found. Ensure that ...",
            "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN",
            id="token nowhere",
        ),
        pytest.param(
            "Could not find any running Ray instance. Please specify the one to connect to by setting `--address` ...",
            "no Ray runs on this machine",
            id="auto, and none is there",
        ),
        pytest.param(
            "Failed to connect to GCS at address 192.0.2.2:6398 within 5 seconds.",
            "nothing answers there as Ray does",
            id="nobody there",
        ),
        pytest.param(
            MISMATCH, "the cluster runs Ray 2.47.1 on Python 3.12.3, and here are Ray 2.60.0 and Python 3.11.7",
            id="other versions",
        ),
        pytest.param(" ".join(MISMATCH.split()), "install the cluster's own versions here", id="on one line"),
    ],
)  # fmt: skip
def test_rays_words_are_told_as_what_they_mean(said: str, meant: str) -> None:
    assert meant in str(meaning_of(said))


def test_other_words_of_ray_mean_nothing_by_themselves() -> None:
    assert meaning_of("Connecting to existing Ray cluster at address: 192.0.2.2:6399...") is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(
            {"absent": "No module named 'runner'", "python": "/opt/python"},
            r"s2v is not installed for /opt/python on far \(No module named 'runner'\); install the same s2v",
            id="none there",
        ),
        pytest.param(
            {"fingerprint": {"av": "2"}, "nonce": "x"}, "there is another s2v on far: av 2 instead of 1", id="another"
        ),
        pytest.param(
            {"fingerprint": {"av": "1"}, "unseen": "No such file or directory: '/runs/try/.probe'"},
            "far does not see the run folder: No such file or directory: '/runs/try/.probe'; mount it there",
            id="no such folder",
        ),
        pytest.param(
            {"fingerprint": {"av": "1"}, "nonce": "y"}, "does not see the run folder: another folder has its path",
            id="another folder there",
        ),
    ],
)  # fmt: skip
def test_what_is_not_as_it_must_be_on_a_worker_is_told_with_what_to_do(found: dict[str, str], words: str) -> None:
    start = {"fingerprint": {"av": "1"}, "probe": "/runs/try/.probe", "nonce": "x"}

    assert re.search(words, str(objection(start, {"where": "far", **found})))
    assert objection(start, {"where": "far", "fingerprint": {"av": "1"}, "nonce": "x"}) is None


def test_ray_gets_no_key_of_the_users_and_what_its_workers_need() -> None:
    environ = {
        "MINIMAX_API_KEY": "sk", "HF_TOKEN": "hf", "AWS_SECRET_ACCESS_KEY": "aws", "S2V_SERVE_KEY": "own",
        "HOME": "/home/anna", "https_proxy": "http://proxy:3128", "S2V_TRANSPORT": "httpx", "HF_HOME": "/models",
        "RAY_ADDRESS": "head:6379", "RAY_AUTH_TOKEN": "the cluster's", "UNHEARD_OF": "1",
    }  # fmt: skip

    kept = surroundings(environ, own=None)

    assert set(kept) == {
        "HOME", "https_proxy", "S2V_TRANSPORT", "HF_HOME", "RAY_ADDRESS", "RAY_AUTH_TOKEN", "PYTHONPATH",
        "RAY_USAGE_STATS_ENABLED",
    }  # fmt: skip
    assert kept["RAY_USAGE_STATS_ENABLED"] == "0"


def test_a_ray_of_our_own_has_a_folder_and_a_token_of_its_own(tmp_path: Path) -> None:
    environ = {"RAY_AUTH_TOKEN": "the cluster's", "RAY_AUTH_TOKEN_PATH": "/etc/token"}

    one, other = (surroundings(environ, own=tmp_path) for _ in range(2))

    assert (one["RAY_TMPDIR"], one["RAY_AUTH_MODE"]) == (str(tmp_path), "token")
    assert "RAY_AUTH_TOKEN_PATH" not in one
    assert len({one["RAY_AUTH_TOKEN"], other["RAY_AUTH_TOKEN"], "the cluster's"}) == 3


@pytest.mark.parametrize(
    ("name", "is_counted"),
    [
        pytest.param("edge/video/media.py", True, id="code"),
        pytest.param("faces/models/face.onnx", True, id="a network"),
        pytest.param("edge/journal/FORMAT.md", False, id="words"),
        pytest.param("__pycache__/media.cpython-311.pyc", False, id="what Python makes of it"),
    ],
)
def test_a_program_is_told_from_another_by_its_files(name: str, is_counted: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column of the table
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("one")
    before = digest(tmp_path)

    path.write_text("two")

    assert (digest(tmp_path) != before) == is_counted


def test_what_differs_is_named_with_both_versions() -> None:
    here = fingerprint()

    assert differences(here, dict(here)) == ""
    assert differences(here, {**here, "av": "1.0"}) == f"av 1.0 instead of {here['av']}"
    assert differences(here, {}).startswith("s2v's files none instead of ")
