"""`s2v doctor` and an object store: it is read, nothing is put, and what a run would be refused for is told."""

from __future__ import annotations

import pytest
from desk import Desk
from store_fixtures import Place, manifest, s2v


def test_a_store_is_read_and_nothing_is_put(shipper: Desk, place: Place) -> None:
    done = s2v(shipper, place, "doctor", manifest(shipper, place))

    assert done.code == 0, done.out
    assert f"store: {place.url} answers and belongs to no run yet" in done.out
    assert place.there() == []


def test_a_prefix_of_this_run_is_its_own_and_that_of_another_is_refused(shipper: Desk, place: Place) -> None:
    named = manifest(shipper, place, "one")
    s2v(shipper, place, "run", named)
    there = place.there()

    ours = s2v(shipper, place, "doctor", named)
    place.put(".s2v.json", b'{"run": "50b0e1e5c0ffee50b0e1e5"}')
    theirs = s2v(shipper, place, "doctor", named)

    assert (ours.code, theirs.code) == (0, 8)
    assert "answers and is this run's" in ours.out
    assert "belongs to another run (50b0e1e5c0ff)" in theirs.out
    assert place.there() == there


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        pytest.param({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret of the access key is wrong", id="secret"),
        pytest.param({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "it cannot be reached", id="nobody there"),
    ],
)
def test_a_store_that_refuses_is_wrong(shipper: Desk, place: Place, environ: dict[str, str], words: str) -> None:
    done = s2v(shipper, place, "doctor", manifest(shipper, place), **environ)

    assert done.code == 8
    assert words in done.out


def test_a_bucket_that_is_not_there_is_wrong(shipper: Desk, place: Place) -> None:
    done = s2v(shipper, place, "doctor", shipper.manifest(["one"], output={"dir": "s3://no-such-bucket-here/x"}))

    assert done.code == 8
    assert "there is no such bucket" in done.out


def test_a_store_is_not_asked_offline(shipper: Desk, place: Place) -> None:
    done = s2v(shipper, place, "doctor", manifest(shipper, place), "--offline", AWS_ENDPOINT_URL="http://127.0.0.1:1")

    assert done.code == 0
    assert "unknown  store" in done.out
