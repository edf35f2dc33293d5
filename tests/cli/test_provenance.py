"""Content credentials of signed copies, read back by C2PA's own reader; what is delivered stays as it was."""

from __future__ import annotations

import hashlib
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("c2pa", reason="the extra `provenance` is not installed")

from certificates import Papers, papers
from desk import Desk
from file_limit import files_of_at_most
from made_clips import clip

from runner.cli.interruption import Interrupted
from runner.edge.video.credentials import Signer
from runner.errors import Halt

VIDEOS = Path("runs/try/videos")
SIGNED = Path("runs/try/signed")
MADE = {"action": "c2pa.created", "digitalSourceType": "http://example.org/made"}
SAYS = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [MADE]}}]}


@pytest.fixture
def studio(tmp_path: Path) -> Papers:
    return papers(tmp_path)


def digests(folder: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}


def changed(path: Path, at: int) -> Path:
    """Write a copy of a file in which one bit of one byte is another one."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    copy = path.with_name("changed.mp4")
    copy.write_bytes(content)
    return copy


def told(desk: Desk, *args: object) -> Any:
    (document,) = desk.s2v("provenance", "verify", *args, "--json").document.values()
    return document


def test_signed_copies_say_how_the_videos_were_made_and_the_delivered_files_stay_as_they_are(
    desk: Desk, studio: Papers
) -> None:
    items = [{"id": "wink", "portrait": "anna.png", "prompt": "She winks."}, {"id": "bare", "portrait": "anna.png"}]
    desk.s2v("run", desk.manifest(items, provider="local"), "--quiet", S2V_LOCAL_HOST=desk.url)
    desk.s2v("run", desk.manifest(["one", "bad [1026]"], "paid.yaml", output={"dir": "runs/paid"}), "--quiet")
    before = digests(desk.folder / VIDEOS)

    done = [desk.s2v("provenance", "sign", run, *studio.flags) for run in ("runs/try", "paid.yaml")]

    assert [(each.code, each.err) for each in done] == [(0, "")] * 2
    assert done[0].out == "2 videos signed into runs/try/signed; the delivered files are as they were\n"
    assert sorted(digests(desk.folder / SIGNED)) == ["bare.mp4", "wink.mp4"]
    assert digests(desk.folder / VIDEOS) == before
    animatic, paid = told(desk, SIGNED / "wink.mp4"), told(desk, "runs/paid/signed/a.mp4")
    wink = desk.results()["wink"]
    assert animatic["facts"] == {
        "version": 1, "kind": "animatic", "item": "wink", "key": wink["key"], "take": 1, "provider": "local",
        "job": wink["job_id"], "prompt_sha256": hashlib.sha256(b"She winks.").hexdigest(),
        "video_sha256": wink["sha256"],
    }  # fmt: skip
    assert before["wink.mp4"] == wink["sha256"]
    assert animatic["digital_source_type"].endswith("/compositeSynthetic")
    assert paid["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert (paid["facts"]["kind"], paid["facts"]["job"]) == ("generated", desk.results("paid")["a"]["job_id"])
    assert told(desk, SIGNED / "bare.mp4")["facts"]["prompt_sha256"] is None
    assert b"She winks." not in (desk.folder / SIGNED / "wink.mp4").read_bytes()


@pytest.fixture
def signed(desk: Desk, studio: Papers) -> Path:
    """Give the signed copy of a video."""
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    desk.s2v("provenance", "sign", "m.yaml", *studio.flags)
    return desk.folder / SIGNED / "a.mp4"


def test_a_file_is_unchanged_and_its_signer_trusted_below_the_root_that_is_named(
    desk: Desk, signed: Path, studio: Papers
) -> None:
    plain, trusting = (desk.s2v("provenance", "verify", signed, *more) for more in ((), ("--trust", studio.root)))

    made = f"made by a model; item a, job {desk.results()['a']['job_id']}"
    words = f"{signed}: unchanged since it was signed by Test studio, who is"
    assert (plain.code, plain.out) == (0, f"{words} not known to be trusted; {made}\n")
    assert (trusting.code, trusting.out) == (0, f"{words} trusted; {made}\n")


def test_a_signer_below_no_trusted_root_is_not_enough_where_one_is_named(
    desk: Desk, signed: Path, tmp_path: Path
) -> None:
    (other := tmp_path / "other").mkdir()

    done = desk.s2v("provenance", "verify", signed, "--trust", papers(other).root)

    assert (done.code, "not known to be trusted" in done.out) == (5, True)


@pytest.mark.parametrize("place", [b"mdat", b"moov", b"s2v.provenance", b"trainedAlgorithmicMedia"])
def test_a_changed_byte_is_detected(desk: Desk, signed: Path, place: bytes) -> None:
    copy = changed(signed, signed.read_bytes().index(place) + len(place) + 40)

    done = desk.s2v("provenance", "verify", copy)

    assert done.code == 5
    assert f"{copy}: CHANGED since it was signed" in done.out or "no content credentials that can be read" in done.out


@pytest.mark.parametrize("content", [None, b"", b"no film at all" * 50], ids=["not signed", "empty", "no film"])
def test_a_file_without_credentials_says_so(desk: Desk, signed: Path, content: bytes | None) -> None:
    path = desk.folder / VIDEOS / "a.mp4"
    if content is not None:
        (path := desk.folder / "x.mp4").write_bytes(content)

    done = desk.s2v("provenance", "verify", path)

    assert (done.code, "no content credentials that can be read" in done.out) == (5, True)


def test_what_is_signed_is_not_signed_again_and_what_was_changed_is(desk: Desk, signed: Path, studio: Papers) -> None:
    before = signed.read_bytes()
    again = desk.s2v("provenance", "sign", "m.yaml", *studio.flags)
    is_same = signed.read_bytes() == before
    changed(signed, before.index(b"mdat") + 40).replace(signed)

    anew = desk.s2v("provenance", "sign", "m.yaml", *studio.flags)

    assert (again.out.partition(";")[0], is_same) == ("0 videos signed into runs/try/signed, 1 signed before", True)
    assert anew.out.startswith("1 video signed into runs/try/signed;")
    assert told(desk, signed)["unchanged"]
    assert [each.name for each in signed.parent.iterdir()] == ["a.mp4"]


def test_a_video_that_is_not_the_one_that_was_checked_is_never_signed(desk: Desk, studio: Papers) -> None:
    desk.s2v("run", desk.manifest(["one", "two"]), "--quiet")
    (desk.folder / VIDEOS / "a.mp4").write_bytes(b"another film")

    done = desk.s2v("provenance", "sign", "m.yaml", *studio.flags)

    assert done.code == 5
    assert "a.mp4: not the video that was checked; s2v fetch m.yaml mends it\n1 video signed" in done.out
    assert list(digests(desk.folder / SIGNED)) == ["b.mp4"]


@pytest.mark.parametrize("kind", ["p384", "ed25519", "rsa"])
def test_every_usual_kind_of_key_signs(desk: Desk, signed: Path, tmp_path: Path, kind: str) -> None:
    (folder := tmp_path / kind).mkdir()
    made = papers(folder, kind)

    desk.s2v("provenance", "sign", "m.yaml", *made.flags, "--out", folder / "out")

    assert told(desk, folder / "out" / "a.mp4", "--trust", made.root)["trusted"]
    assert signed.exists()


def self_signed(made: Papers) -> None:
    made.key.write_bytes(papers(made.key.parent).key.read_bytes())
    made.chain.write_bytes(made.root.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(lambda made: made.key.unlink(), "key.pem cannot be read: No such file", id="no key"),
        pytest.param(lambda made: made.key.write_text("x"), "key.pem holds no private key", id="not a key"),
        pytest.param(lambda made: made.chain.write_text("x"), "chain.pem holds no certificate", id="not a chain"),
        pytest.param(
            lambda made: papers(made.key.parent, password=b"open sesame"), "locked by a passphrase", id="locked"
        ),
        pytest.param(lambda made: papers(made.key.parent, "k256"), "a kind that C2PA does not sign with", id="kind"),
        pytest.param(self_signed, "chain.pem: C2PA does not sign with it: ", id="self-signed"),
    ],
)
def test_papers_that_cannot_sign_are_refused_and_nothing_is_left_behind(
    desk: Desk, studio: Papers, spoil: Any, words: str
) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    spoil(studio)

    done = desk.s2v("provenance", "sign", "m.yaml", *studio.flags)

    assert (done.code, words in done.err) == (8, True)
    assert not (desk.folder / SIGNED).exists() or digests(desk.folder / SIGNED) == {}


def test_copies_never_go_where_the_delivered_videos_are(desk: Desk, studio: Papers) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")

    done = desk.s2v("provenance", "sign", "m.yaml", *studio.flags, "--out", "runs/../runs/try/videos")

    assert (done.code, "name another folder" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("runs/try", "inside the run folder"), ("runs/try/.partial", "inside the run folder"),
        ("runs/try/signed/deep", "copies go into runs/try/signed alone"), ("m.yaml", "m.yaml is no folder"),
    ],
)  # fmt: skip
def test_copies_go_nowhere_else_in_the_run_folder(desk: Desk, studio: Papers, out: str, words: str) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    before = sorted((desk.folder / "runs/try").rglob("*.mp4"))

    done = desk.s2v("provenance", "sign", "m.yaml", *studio.flags, "--out", out)

    assert (done.code, words in done.err) == (2, True), done.err
    assert sorted((desk.folder / "runs/try").rglob("*.mp4")) == before


def test_a_copy_never_takes_the_place_of_a_delivered_video_of_another_run_or_of_another_file(
    desk: Desk, studio: Papers
) -> None:
    desk.s2v("run", desk.manifest(["one", "two", "three", "four"]), "--quiet")
    desk.s2v("run", desk.manifest(["other"], "o.yaml", output={"dir": "runs/other"}), "--quiet")
    place = desk.folder / "runs/other/videos"
    (desk.folder / "mine").write_text("of somebody")
    (place / "b.mp4").symlink_to(desk.folder / "mine")
    (place / "c.mp4").mkdir()
    delivered = (place / "a.mp4").read_bytes()

    done = desk.s2v("provenance", "sign", "m.yaml", *studio.flags, "--out", place)

    assert done.code == 5
    assert done.out.count("is there, and no signed copy of this run; move it away, or name another folder\n") == 3
    assert "1 video signed into" in done.out
    assert (place / "a.mp4").read_bytes() == delivered
    assert ((place / "b.mp4").is_symlink(), (place / "c.mp4").is_dir()) == (True, True)


def test_a_signed_copy_of_another_run_stays_and_one_of_a_former_video_of_this_run_is_renewed(
    desk: Desk, studio: Papers
) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    desk.s2v("run", desk.manifest(["other"], "o.yaml", output={"dir": "runs/other"}), "--quiet")
    sign = ("--out", "out", *studio.flags)
    desk.s2v("provenance", "sign", "m.yaml", *sign)

    foreign = desk.s2v("provenance", "sign", "o.yaml", *sign)
    desk.s2v("run", desk.manifest(["one anew"]), "--quiet")
    anew = desk.s2v("provenance", "sign", "m.yaml", *sign)

    assert (foreign.code, "out/a.mp4: is there, and no signed copy of this run" in foreign.out) == (5, True)
    assert (anew.code, "1 video signed into out" in anew.out) == (0, True)
    assert told(desk, "out/a.mp4")["facts"]["job"] == desk.results()["a"]["job_id"]


def test_a_folder_of_copies_that_is_a_link_is_refused_for_no_purge_would_follow_it(desk: Desk, studio: Papers) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    (elsewhere := desk.folder / "elsewhere").mkdir()
    (desk.folder / SIGNED).symlink_to(elsewhere)

    done = desk.s2v("provenance", "sign", "m.yaml", *studio.flags)

    assert (done.code, "signed is a symbolic link" in done.err) == (9, True)
    assert [*elsewhere.iterdir()] == []


def test_a_purge_takes_signed_copies_whose_name_somebody_else_has_by_now(desk: Desk, studio: Papers) -> None:
    for who, colour in (("her", "teal"), ("his", "olive")):
        desk.portrait(f"{who}.png", colour)
        desk.s2v("run", desk.manifest([{"id": "x", "portrait": f"{who}.png", "prompt": "one"}]), "--quiet")
        if who == "her":
            desk.s2v("provenance", "sign", "m.yaml", *studio.flags)

    done = desk.s2v("purge", "m.yaml", "--portrait", "her.png", "--yes")
    desk.s2v("provenance", "sign", "m.yaml", *studio.flags)
    again = desk.s2v("purge", "m.yaml", "--portrait", "her.png", "--yes")

    assert "1 item emptied, 4 files removed" in done.out, done.err
    assert "0 files removed" in again.out
    assert list(digests(desk.folder / SIGNED)) == ["x.mp4"]


def test_nothing_is_left_signed_of_who_was_purged_while_others_were_being_signed(desk: Desk, studio: Papers) -> None:
    """The signing is held up wherever it is when its first copy stands, and the purge comes to its end meanwhile."""
    desk.portrait("her.png", "teal")
    items = [{"id": f"x{n}", "portrait": "her.png", "prompt": f"do {n}"} for n in range(8)]
    desk.s2v("run", desk.manifest(items), "--quiet")
    process = desk.start("provenance", "sign", "m.yaml", *studio.flags, "--out", "out")
    (out := desk.folder / "out").mkdir()
    while not [*out.glob("x*.mp4")] and process.poll() is None:
        pass
    process.send_signal(signal.SIGSTOP)

    done = desk.s2v("purge", "m.yaml", "--portrait", "her.png", "--yes")
    signed = {path.name for path in out.glob("x*.mp4")}
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=60)

    assert done.code in {0, 9}, done.err  # 9 where it is held up while it reads the journal
    assert {path.name for path in out.iterdir()} <= signed


def test_a_disk_that_takes_no_copy_is_told_as_that_and_leaves_nothing(studio: Papers, tmp_path: Path) -> None:
    film = clip(frames=3)
    (tmp_path / "a.mp4").write_bytes(film)
    (signed := tmp_path / "signed").mkdir()
    signer = Signer(studio.chain, studio.key)

    with (
        files_of_at_most(len(film) + 1_000),
        pytest.raises(Halt, match=r"cannot write .*/signed/a\.mp4: the file is larger than this process may write"),
    ):
        signer.sign(tmp_path / "a.mp4", signed / "a.mp4", SAYS, run_id="r")

    assert [*signed.iterdir()] == []
    signer.sign(tmp_path / "a.mp4", signed / "a.mp4", SAYS, run_id="r")
    assert [path.name for path in signed.iterdir()] == ["a.mp4"]


def test_a_signal_is_heard_also_while_a_copy_is_being_signed(studio: Papers, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(clip(frames=3))
    (signed := tmp_path / "signed").mkdir()
    signer = Signer(studio.chain, studio.key)
    sign = partial(signer.sign, tmp_path / "a.mp4", signed / "a.mp4", SAYS, run_id="r")
    began = time.monotonic()
    sign()
    took, heard, ended = time.monotonic() - began, list[int](), 0

    def hear(number: int, _frame: object) -> None:
        heard.append(number)
        raise Interrupted(signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, hear)
    try:
        for share in range(1, 20):
            try:
                signal.setitimer(signal.ITIMER_REAL, took * share / 20)
                sign()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Interrupted:
                ended += 1
    finally:
        signal.signal(signal.SIGALRM, before)

    assert heard
    assert len(heard) == ended
    assert [path.name for path in signed.iterdir()] == ["a.mp4"]
