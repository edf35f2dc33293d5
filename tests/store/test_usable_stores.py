"""What makes a store one that a run can use: told before anything is bought; and where its credentials come from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bad_days import Answer, Asked, coded
from desk import Desk
from store_fixtures import Place, films, manifest, s2v, videos


@pytest.fixture
def folder(shipper: Desk) -> Path:
    return shipper.folder / "runs" / "try"


def foreign(place: Place) -> None:
    place.put(".s2v.json", b'{"run": "0123456789abcdef"}')


def forged(place: Place) -> None:
    place.put(".s2v.json", b'{"run": "you\\nnothing was bought"}')


def careless(place: Place) -> None:
    def trap(asked: Asked) -> None:
        if "If-None-Match" in asked.headers:  # they are signed, so what stands in the way goes instead
            place.delete(asked.key.removeprefix(place.prefix))

    place.days.traps.append(trap)


def rightless(place: Place) -> None:
    place.days.answer(
        coded("AccessDenied", 403),
        times=99,
        when=lambda asked: asked.is_listing,
    )


@pytest.mark.parametrize(
    ("prepare", "environ", "words"),
    [
        pytest.param(None, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret of the access key is wrong", id="secret"),
        pytest.param(None, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no usable credentials", id="none"),
        pytest.param(foreign, {}, "belongs to another run (0123456789ab)", id="another run's"),
        pytest.param(forged, {}, "belongs to somebody else", id="words in the place of a run"),
        pytest.param(careless, {}, "overwrites what is to be created only", id="no conditions"),
        pytest.param(rightless, {}, "s3:ListBucket are needed", id="no right to list"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_before_anything_is_bought(
    shipper: Desk, place: Place, prepare: Callable[[Place], None] | None, environ: dict[str, str], words: str
) -> None:
    if prepare is not None:
        prepare(place)

    done = s2v(shipper, place, "run", manifest(shipper, place), **environ)

    assert done.code == 8, done.out + done.err
    assert words in done.err
    assert "nothing was bought" in done.err
    assert shipper.submits == []
    assert films(place) == []


def test_a_bucket_that_is_not_there_is_told_before_anything_is_bought(shipper: Desk, place: Place) -> None:
    done = s2v(shipper, place, "run", shipper.manifest(["one"], output={"dir": "s3://nowhere/x"}))

    assert (done.code, shipper.submits) == (8, [])
    assert "s3://nowhere/x/.s2v.json: there is no such bucket" in done.err


def test_the_folder_of_a_run_that_a_store_refused_leads_back_to_its_manifest(shipper: Desk, place: Place) -> None:
    s2v(shipper, place, "run", shipper.manifest(["one"], output={"dir": "s3://nowhere/x"}))

    looked, ran = (s2v(shipper, place, command, "runs/try") for command in ("status", "run"))

    assert (looked.code, ran.code) == (3, 2)
    assert "nothing was run yet in runs/try (name the manifest itself to s2v run)" in looked.err
    assert ran.err == "s2v: nothing was run yet in runs/try; name the manifest itself\n"


def by_profile(shipper: Desk, place: Place) -> dict[str, str]:
    file = shipper.folder / "credentials"
    file.write_text(f"[films]\naws_access_key_id={place.store.key}\naws_secret_access_key={place.store.secret}\n")
    return {"AWS_PROFILE": "films", "AWS_SHARED_CREDENTIALS_FILE": str(file)}


def by_container(shipper: Desk, place: Place) -> dict[str, str]:
    """Let a machine tell the credentials to whoever knows the content of a file, as clusters do."""
    file = shipper.folder / "token"
    file.write_text("from-a-file")
    told = {"AccessKeyId": place.store.key, "SecretAccessKey": place.store.secret, "Token": None}
    answer = Answer(status=200, body=json.dumps({**told, "Expiration": "2099-01-01T00:00:00Z"}).encode())
    place.days.answer(
        answer, times=9,
        when=lambda asked: asked.key == "role" and asked.headers.get("Authorization") == "from-a-file",
    )  # fmt: skip
    address = f"{place.days.url}/credentials/role"
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": address, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}


@pytest.mark.parametrize("source", [by_profile, by_container], ids=lambda each: each.__name__)
def test_credentials_come_from_wherever_the_libraries_look(
    shipper: Desk, place: Place, folder: Path, source: Callable[[Desk, Place], dict[str, str]]
) -> None:
    s2v(shipper, place, "run", manifest(shipper, place, "one"))
    environ = source(shipper, place)

    done = s2v(shipper, place, "status", folder, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", **environ)

    assert f"  store   {place.url} (1 of 1 video)\n" in done.out


def renewed(place: Place, *, minutes: int) -> Answer:
    """Return the credentials as a machine tells them, which hold no longer than that."""
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"AccessKeyId": place.store.key, "SecretAccessKey": place.store.secret, "Token": None, "Expiration": until}
    return Answer(status=200, body=json.dumps(told).encode())


def test_credentials_that_expire_meanwhile_are_asked_for_again_with_what_an_env_file_says(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place, "one")
    place.days.answer(
        renewed(place, minutes=1), times=99,
        when=lambda asked: asked.key == "role" and asked.headers.get("Authorization") == "canary-0123456789",
    )  # fmt: skip
    file = shipper.folder / "store.env"
    file.write_text(
        f"AWS_CONTAINER_CREDENTIALS_FULL_URI={place.days.url}/credentials/role\n"
        "AWS_CONTAINER_AUTHORIZATION_TOKEN=canary-0123456789\n"
    )

    done = s2v(shipper, place, "run", path, "--env-file", file, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    assert done.code == 0, done.err
    assert films(place) == videos("a")
    assert "canary-0123456789" not in done.out + done.err


def test_credentials_that_nobody_renews_are_told_in_a_line_of_our_own(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place, "one")
    for answer, times in ((renewed(place, minutes=1), 1), (Answer(status=401), 99)):
        place.days.answer(answer, times=times, when=lambda asked: asked.key == "role")
    address = f"{place.days.url}/credentials/role"

    done = s2v(
        shipper, place, "run", path, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="",
        AWS_CONTAINER_CREDENTIALS_FULL_URI=address, AWS_CONTAINER_AUTHORIZATION_TOKEN="canary-0123456789",
    )  # fmt: skip

    assert (done.code, len(done.err.splitlines())) == (8, 1), done.err
    assert "no usable credentials were found" in done.err


def test_a_prefix_whose_objects_lost_what_was_noted_on_them_is_still_our_own(
    shipper: Desk, place: Place, folder: Path
) -> None:
    path = manifest(shipper, place, "one")
    s2v(shipper, place, "run", path)
    place.put(".s2v.json", place.body(".s2v.json"))

    done = s2v(shipper, place, "run", path)

    assert (done.code, shipper.submits) == (0, ["one"]), done.err


def test_credentials_come_from_an_env_file_as_keys_do(shipper: Desk, place: Place, folder: Path) -> None:
    s2v(shipper, place, "run", manifest(shipper, place, "one"))
    file = shipper.folder / "store.env"
    file.write_text(f"AWS_ACCESS_KEY_ID={place.store.key}\nAWS_SECRET_ACCESS_KEY={place.store.secret}\n")

    done = s2v(shipper, place, "status", folder, "--env-file", file, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    assert f"  store   {place.url} (1 of 1 video)\n" in done.out


_NO_PLACE = "import sys, tempfile; tempfile.tempdir = '/proc/none'; from runner.__main__ import main; sys.exit(main())"


def test_a_machine_without_a_folder_for_temporary_files_publishes_all_the_same(shipper: Desk, place: Place) -> None:
    """So it is in a container whose root is read-only, with a volume for the runs."""
    path = manifest(shipper, place)
    done = subprocess.run(
        [sys.executable, "-c", _NO_PLACE, "run", path, "--quiet"], cwd=shipper.folder,
        env=shipper.environ(**place.environ), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (done.returncode, films(place)) == (0, videos("a", "b")), done.stderr
    assert [each.name for each in (shipper.folder / "runs" / "try").glob(".*.part")] == []
