"""Every way in which an answer can be broken, against the real program: paid calls end in doubt, free ones go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pytest
from counter import Counter, Talk, Trap
from desk import Desk


def charging(react: Trap) -> Trap:
    """Charge for the job, then let this become of the answer."""

    def trap(talk: Talk) -> None:
        talk.counter.charge(talk.prompt)
        react(talk)

    return trap


def fall_silent(talk: Talk) -> None:
    """Answer nothing until the other side hangs up."""
    talk.connection.recv(1)
    talk.close_connection = True


def refusing(code: int) -> Trap:
    """Answer with one of the provider's codes."""
    return lambda talk: talk.answer_json({}, code, "later")


HEAD: Final = b"HTTP/1.1 200 OK\r\n"
BROKEN: Final[Mapping[str, Trap]] = {
    "html": lambda talk: talk.answer(b"<html>sign in to the airport</html>", headers={"Content-Type": "text/html"}),
    "bad json": lambda talk: talk.answer(b'{"task_id": "1'),
    "empty": lambda talk: talk.answer(b""),
    "list": lambda talk: talk.answer(b"[1, 2]"),
    "text": lambda talk: talk.answer(b'"yes"'),
    "no balance beside an odd id": lambda talk: talk.answer_json({"task_id": ["1"]}, 1008, "insufficient balance"),
    "reset": Talk.reset,
    "cut": lambda talk: talk.answer(b'{"task_id"', length=80),
    "silence": fall_silent,
    "500": lambda talk: talk.answer(b"oops", status=500),
    "502": lambda talk: talk.answer(b"<html>bad gateway</html>", status=502),
    "503": lambda talk: talk.answer(b"", status=503),
    "504": lambda talk: talk.answer(b"", status=504),
    "header bomb": lambda talk: talk.say(HEAD + b"X-Bomb: " + b"x" * 2_000_000 + b"\r\n\r\n"),
    "json of 20 MB": lambda talk: talk.answer(b'{"x": "' + b"y" * 20_000_000 + b'"}'),
    "garbage": lambda talk: talk.say(b"\x00\x01\x02 no HTTP at all\r\n\r\n"),
}
QUICK: Final = {"minimax": {"poll": "20ms", "rate": "1000/1s", "request_timeout": "2s"}}
PATIENT: Final = {"attempts": 99, "backoff": "1ms..2ms"}


@pytest.mark.parametrize("is_charged", [True, False], ids=["charged", "not charged"])
def test_a_paid_call_with_a_broken_answer_is_in_doubt_and_never_repeated(
    shop: Desk, counter: Counter, *, is_charged: bool
) -> None:
    for name, react in BROKEN.items():
        counter.trap("submit", name, charging(react) if is_charged else react)
    manifest = shop.manifest(
        [{"id": name.replace(" ", "-"), "portrait": "anna.png", "prompt": name + shop.mark} for name in BROKEN],
        providers=QUICK, retry=PATIENT,
    )  # fmt: skip

    codes = [shop.s2v("run", manifest).code for _ in range(2)]

    assert codes == [6, 6]
    assert sorted(counter.submits()) == sorted(BROKEN)
    assert counter.charges() == (len(BROKEN) if is_charged else 0)
    assert {row["state"] for row in shop.results().values()} == {"in_doubt"}
    report = json.loads((shop.folder / "runs/try/report.json").read_text())
    assert {row["id"] for row in report["items"]} == {name.replace(" ", "-") for name in BROKEN}


SOFT: Final[Mapping[str, Trap]] = {
    **{str(code): refusing(code) for code in (1000, 1002, 1024)},
    "strange word": lambda talk: talk.answer_json({"status": "Dreaming"}),
    "429": lambda talk: talk.answer(b"", status=429, headers={"Retry-After": "0"}),
    "success without a file": lambda talk: talk.answer_json({"status": "Success"}),
    "empty link": lambda talk: talk.answer_json({"file": {"download_url": ""}}),
}
FILES: Final[Mapping[str, Trap]] = {
    "html": BROKEN["html"],
    "cut": lambda talk: talk.answer(talk.counter.film_of(talk.prompt)[:-50]),
    "broken off": lambda talk: talk.answer(talk.counter.film_of(talk.prompt)[:-50], length=10**6),
    "reset": Talk.reset,
    "expired": lambda talk: talk.answer(b"<Error>AccessDenied</Error>", status=403),
    "10 TB": lambda talk: talk.answer(b"x", length=10 * 2**40),
    "zipped": lambda talk: talk.answer(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
    "to a file": lambda talk: talk.answer(b"", status=302, headers={"Location": "file:///etc/passwd"}),
    "in a circle": lambda talk: talk.answer(b"", status=302, headers={"Location": talk.path}),
    "metadata": lambda talk: talk.answer(b"", status=302, headers={"Location": "gopher://169.254.169.254/"}),
}


def test_a_free_call_with_a_broken_answer_is_repeated_and_buys_nothing(shop: Desk, counter: Counter) -> None:
    for name, react in {**BROKEN, **SOFT}.items():
        counter.trap("link" if name == "empty link" else "poll", f"poll {name}", react)
    for name, react in FILES.items():
        counter.trap("file", f"file {name}", react)
    prompts = [f"poll {name}" for name in {**BROKEN, **SOFT}] + [f"file {name}" for name in FILES]
    items = [
        {"id": prompt.replace(" ", "-"), "portrait": "anna.png", "prompt": prompt + shop.mark} for prompt in prompts
    ]

    done = shop.s2v("run", shop.manifest(items, providers=QUICK, limits={"downloads": 8}))

    assert done.code == 0, done.out + done.err
    assert sorted(counter.submits()) == sorted(prompts)
    videos = shop.folder / "runs/try/videos"
    for prompt in prompts:
        assert (videos / f"{prompt.replace(' ', '-')}.mp4").read_bytes() == counter.film_of(prompt)
    assert list((shop.folder / "runs/try/.partial").iterdir()) == []
    assert shop.s2v("verify", "runs/try", "--journal").code == 0


def beside_a_page(talk: Talk) -> None:
    """Answer with a link to no video, and with a backup that leads to it."""
    job, url = talk.job_of(talk.path.rpartition("=")[2]), talk.counter.url
    no_video = f"{url}/v1/query/video_generation?task_id={job}"
    talk.answer_json({"file": {"download_url": no_video, "backup_download_url": f"{url}/file/{job}"}})


def test_the_backup_link_is_taken_where_the_first_one_leads_to_no_video(shop: Desk, counter: Counter) -> None:
    counter.trap("link", "she smiles", *[beside_a_page] * 9)

    done = shop.s2v("run", shop.manifest(["she smiles"], providers=QUICK))

    assert done.code == 0, done.out + done.err
    assert (shop.folder / "runs/try/videos/a.mp4").read_bytes() == counter.film_of("she smiles")
    assert counter.submits() == ["she smiles"]
