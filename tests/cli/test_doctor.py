"""`s2v doctor`: what it finds of installation, keys, reach and clock, and what it says of it; it buys nothing."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from typing import Any

import pytest
from counter import Counter, Talk, Trap
from desk import KEY, ROOT, Desk
from doctors import grades, line

QUICK: dict[str, Any] = {"providers": {"minimax": {"poll": "20ms", "request_timeout": "300ms"}}}


def answering(code: int, words: str) -> Trap:
    return lambda talk: talk.answer_json({}, code, words)


def dated(talk: Talk, at: float | None) -> None:
    """Answer as the provider does, by another clock, or by none."""
    told = "" if at is None else f"Date: {formatdate(at, usegmt=True)}\r\n"
    body = b'{"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}'
    talk.say(f"HTTP/1.1 200 OK\r\n{told}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def test_the_installation_is_looked_at_and_every_provider_that_has_a_key(desk: Desk) -> None:
    done = desk.s2v("doctor")

    assert (done.code, done.err) == (0, "")
    assert grades(done) == dict.fromkeys(
        ["python", "packages", "extras", "sqlite", "decoder", "encoder", "networks", "open files", "temporary files",
         "accounts", "run folder", "key minimax", "reach minimax", "clock"], "ok",
    )  # fmt: skip
    assert "the key is accepted" in line(done, "reach minimax")
    assert done.out.endswith("nothing is wrong; nothing was bought\n")


def test_without_any_key_nobody_is_asked(desk: Desk) -> None:
    done = desk.s2v("doctor", MINIMAX_API_KEY="")

    assert done.code == 0
    assert "none is set of MINIMAX_API_KEY" in line(done, "keys")
    assert grades(done)["clock"] == "unknown"


@pytest.mark.parametrize("name", ["minimax", "vapi", "ai302", "modellix"])
def test_each_provider_is_asked_one_free_question(desk: Desk, name: str) -> None:
    variables = {f"{name.upper()}_API_HOST": desk.url, f"{name.upper()}_API_KEY": KEY}

    done = desk.s2v("doctor", desk.manifest(["one"], provider=name, providers={}), **variables)

    assert (done.code, grades(done)[f"reach {name}"]) == (0, "ok")
    accepted = "the key is accepted" if name == "minimax" else "the key was not refused, which does not prove"
    assert accepted in line(done, f"reach {name}")
    assert desk.submits == []


def test_one_request_is_sent_and_it_can_buy_nothing(shop: Desk, counter: Counter) -> None:
    shop.s2v("doctor", shop.manifest(["one"]))

    assert [each.kind for each in counter.asked] == ["poll"]
    assert counter.charges() == 0


def test_nothing_is_sent_offline(shop: Desk, counter: Counter) -> None:
    done = shop.s2v("doctor", shop.manifest(["one"]), "--offline")

    assert (done.code, counter.asked) == (0, [])
    assert grades(done)["reach minimax"] == "unknown"


@pytest.mark.parametrize(
    ("trap", "code", "grade", "words"),
    [
        pytest.param(answering(1004, "login fail"), 8, "wrong", "the key is refused", id="key refused"),
        pytest.param(answering(2049, f"invalid {KEY}"), 8, "wrong", "2049: invalid ***", id="key repeated"),
        pytest.param(answering(1008, "poor"), 0, "warning", "the balance or the quota is not enough", id="balance"),
        pytest.param(answering(1002, "slow"), 0, "unknown", "it throttles", id="throttled"),
        pytest.param(answering(2013, "no such task"), 0, "ok", "the key is accepted", id="no such job"),
        pytest.param(answering(1000, "unknown"), 0, "ok", "does not prove that it is accepted", id="own trouble"),
        pytest.param(answering(4711, "hm"), 0, "ok", "does not prove that it is accepted", id="unknown code"),
        pytest.param(lambda talk: talk.answer(b'{"detail": "no"}', status=404), 0, "warning", "no answer of", id="404"),
        pytest.param(lambda talk: talk.answer(b"<html>", status=404), 8, "wrong", "is no API of MiniMax", id="page"),
        pytest.param(lambda talk: talk.answer(b"<html>", status=502), 0, "warning", "says nothing of", id="gateway"),
        pytest.param(lambda talk: talk.answer(b"<html>"), 0, "warning", "no answer of MiniMax's own", id="login page"),
        pytest.param(lambda talk: talk.answer(b"{}", status=401), 8, "wrong", "the key is refused", id="401"),
        pytest.param(lambda talk: talk.answer(b"{}"), 0, "warning", "no answer of MiniMax's own", id="no code"),
        pytest.param(Talk.reset, 10, "wrong", "gave no usable answer", id="reset"),
        pytest.param(lambda talk: talk.counter.await_request("link"), 10, "wrong", "ReadTimeout", id="silence"),
    ],
)
def test_what_an_answer_proves_is_said_and_not_more(
    shop: Desk, counter: Counter, trap: Trap, *, code: int, grade: str, words: str
) -> None:
    counter.trap("poll", "", trap, trap)  # a library may ask twice where a connection breaks off

    done = shop.s2v("doctor", shop.manifest(["one"], **QUICK))

    assert (done.code, grades(done)["reach minimax"]) == (code, grade), done.out
    assert words in line(done, "reach minimax")


def test_a_host_that_is_not_there_cannot_be_reached(desk: Desk) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"

        done = desk.s2v("doctor", desk.manifest(["one"]), MINIMAX_API_HOST=url)

    assert done.code == 10
    assert "cannot be reached" in line(done, "reach minimax")
    assert " ssl:" not in done.out
    assert "MINIMAX_API_HOST" in line(done, "reach minimax")
    assert grades(done)["clock"] == "unknown"


def test_a_proxy_is_named_without_its_password(desk: Desk) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]

        done = desk.s2v(
            "doctor", desk.manifest(["one"]), MINIMAX_API_HOST="https://api.provider.example",
            HTTPS_PROXY=f"http://me:hidden@127.0.0.1:{port}",
        )  # fmt: skip

    assert done.code == 10
    assert f"(through the proxy 127.0.0.1:{port})" in line(done, "reach minimax")
    assert "hidden" not in done.out + done.err


def test_certificates_that_cannot_be_read_are_a_setting_and_no_bug(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    host = {"MINIMAX_API_HOST": "https://api.provider.example", "SSL_CERT_FILE": "/no/such.pem"}

    done = desk.s2v("doctor", manifest, **host)

    assert done.code == 8
    assert "SSL_CERT_FILE names /no/such.pem" in line(done, "reach minimax")


def test_a_refused_key_is_a_warning_while_another_provider_of_the_list_works(shop: Desk, counter: Counter) -> None:
    manifest = shop.manifest(["one"], provider=["minimax", "vapi"], **QUICK)
    vapi = {"VAPI_API_HOST": counter.url, "VAPI_API_KEY": KEY}
    counter.trap("poll", "", answering(1004, "login fail"))

    one = shop.s2v("doctor", manifest, **vapi)
    lost = shop.s2v("doctor", manifest, VAPI_API_KEY="")

    assert (one.code, grades(one)["reach minimax"]) == (0, "warning")
    assert "a run goes on with the others of its list" in line(one, "reach minimax")
    assert (lost.code, grades(lost)["key vapi"]) == (8, "wrong")


def test_of_several_broken_providers_the_gravest_reason_counts(shop: Desk, counter: Counter) -> None:
    manifest = shop.manifest(["one"], provider=["vapi", "minimax"], **QUICK)
    counter.trap("poll", "", answering(1004, "login fail"))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        vapi = {"VAPI_API_HOST": f"http://127.0.0.1:{nobody.getsockname()[1]}", "VAPI_API_KEY": KEY}

        done = shop.s2v("doctor", manifest, **vapi)

    assert (done.code, grades(done)["reach vapi"], grades(done)["reach minimax"]) == (8, "wrong", "wrong")


def test_providers_without_a_list_do_not_stand_in_for_each_other(shop: Desk, counter: Counter) -> None:
    counter.trap("poll", "", answering(1004, "login fail"))

    done = shop.s2v("doctor", VAPI_API_HOST=counter.url, VAPI_API_KEY=KEY)

    assert (done.code, grades(done)["reach minimax"]) == (8, "wrong")


@pytest.mark.parametrize(
    ("ahead_s", "grade", "words"),
    [
        pytest.param(0, "ok", "agrees with that of", id="right"),
        pytest.param(-20, "ok", "agrees with that of", id="harmless"),
        pytest.param(-3600, "warning", "1 h ahead of", id="ahead"),
        pytest.param(7200, "warning", "2 h behind", id="behind"),
        pytest.param(None, "unknown", "no answer told the time", id="no date"),
    ],
)
def test_the_clock_is_held_against_what_was_answered_anyway(
    shop: Desk, counter: Counter, ahead_s: float | None, grade: str, words: str
) -> None:
    counter.trap("poll", "", lambda talk: dated(talk, None if ahead_s is None else time.time() + ahead_s))

    done = shop.s2v("doctor", shop.manifest(["one"]))

    assert (done.code, grades(done)["clock"]) == (0, grade)
    assert words in line(done, "clock")
    assert len(counter.asked) == 1


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        pytest.param({"MINIMAX_API_KEY": ""}, "set MINIMAX_API_KEY", id="no key"),
        pytest.param({"MINIMAX_API_KEY": "two words"}, "holds blanks", id="blank"),
        pytest.param({"MINIMAX_API_HOST": "http://api.example.org"}, "is not https", id="plain http"),
        pytest.param({"MINIMAX_API_KEY": "", "MINIMAX_API_KEY_FILE": "no/file"}, "cannot be read", id="no key file"),
    ],
)
def test_a_key_that_cannot_be_used_is_wrong(shop: Desk, counter: Counter, environ: dict[str, str], words: str) -> None:
    done = shop.s2v("doctor", shop.manifest(["one"]), **environ)

    assert (done.code, grades(done)["key minimax"]) == (8, "wrong")
    assert words in line(done, "key minimax")
    assert all("authorization" not in each.headers for each in counter.asked)


@pytest.mark.parametrize(("mode", "grade"), [(0o600, "ok"), (0o640, "warning"), (0o604, "warning")])
def test_a_file_of_keys_is_its_owners_alone(desk: Desk, mode: int, grade: str) -> None:
    for name, text in (("key", KEY), (".env", f"MINIMAX_API_KEY={KEY}")):
        (desk.folder / name).write_text(text)
        (desk.folder / name).chmod(mode)
    manifest = desk.manifest(["one"])

    by_file = desk.s2v("doctor", manifest, MINIMAX_API_KEY="", MINIMAX_API_KEY_FILE="key")
    by_env_file = desk.s2v("doctor", manifest, "--env-file", ".env", MINIMAX_API_KEY="")

    assert [by_file.code, by_env_file.code] == [0, 0]
    assert [grades(by_file)["key minimax"], grades(by_env_file)["env file"]] == [grade, grade]
    assert ("chmod 600" in by_file.out) == (grade == "warning")


def test_a_manifest_with_problems_is_wrong_and_the_rest_is_looked_at_all_the_same(desk: Desk) -> None:
    manifest = desk.manifest([{"portrait": "nobody.png", "prompt": "one"}, {"portrait": "anna.png", "promt": "two"}])

    done = desk.s2v("doctor", manifest.name)

    assert (done.code, grades(done)["manifest"], grades(done)["reach minimax"]) == (3, "wrong", "ok")
    assert "2 problems, the first: m.yaml:9:13: items[0].portrait" in line(done, "manifest")
    assert line(done, "manifest").endswith("s2v check m.yaml tells of all")


def test_a_manifest_that_is_none_leaves_nothing_to_look_at(desk: Desk) -> None:
    done = desk.s2v("doctor", "nothing.yaml")

    assert (done.code, list(grades(done))) == (3, ["manifest"])


def test_a_package_that_cannot_be_loaded_is_told(desk: Desk) -> None:
    (desk.folder / "broken").mkdir()
    (desk.folder / "broken/cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")

    done = desk.in_shell("s2v", "doctor", "--offline", PYTHONPATH=f"{desk.folder / 'broken'}:{ROOT}")

    assert (done.code, grades(done)["encoder"]) == (8, "wrong"), done.err
    assert "libGL.so.1" in line(done, "encoder")


def test_a_decoder_that_cannot_be_loaded_is_told_beside_all_else(desk: Desk) -> None:
    (desk.folder / "broken").mkdir()
    (desk.folder / "broken/av.py").write_text("raise ImportError('libavcodec.so.62: no such file')")
    broken = {"PYTHONPATH": f"{desk.folder / 'broken'}:{ROOT}"}

    here = desk.in_shell("s2v", "doctor", "--offline", **broken)
    of_a_manifest = desk.in_shell("s2v", "doctor", str(desk.manifest(["one"])), "--offline", **broken)

    for done in (here, of_a_manifest):
        assert (done.code, grades(done)["decoder"], grades(done)["accounts"]) == (8, "wrong", "ok"), done.err
        assert "libavcodec.so.62" in line(done, "decoder")


def test_a_package_that_is_too_old_by_the_last_number_is_told(desk: Desk) -> None:
    for name, words in {
        "s2v_runner-0.1.0": "Name: s2v-runner\nVersion: 0.1.0\nRequires-Dist: opencv-python-headless>=4.10.0.84\n",
        "opencv_python_headless-4.10.0.82": "Name: opencv-python-headless\nVersion: 4.10.0.82\n",
    }.items():
        (desk.folder / f"old/{name}.dist-info").mkdir(parents=True)
        (desk.folder / f"old/{name}.dist-info/METADATA").write_text(words)

    done = desk.in_shell("s2v", "doctor", "--offline", PYTHONPATH=f"{desk.folder / 'old'}:{ROOT}")

    assert (done.code, grades(done)["packages"]) == (0, "warning"), done.err
    assert "opencv-python-headless is 4.10.0.82, expected >=4.10.0.84" in line(done, "packages")


@pytest.mark.parametrize("chosen", ["aiohttp", "carrier pigeons"])
def test_a_transport_that_cannot_be_had_is_told_also_offline(desk: Desk, chosen: str) -> None:
    (desk.folder / "old/aiohttp-3.0.0.dist-info").mkdir(parents=True)
    (desk.folder / "old/aiohttp-3.0.0.dist-info/METADATA").write_text("Name: aiohttp\nVersion: 3.0.0\n")
    old = {"PYTHONPATH": f"{desk.folder / 'old'}:{ROOT}", "S2V_TRANSPORT": chosen}

    done = desk.in_shell("s2v", "doctor", str(desk.manifest(["one"])), "--offline", **old)
    run = desk.in_shell("s2v", "run", "m.yaml", **old)

    assert (done.code, run.code, grades(done)["reach minimax"]) == (8, 8, "wrong"), done.err
    assert line(done, "reach minimax").partition(": ")[2] in run.err


def test_the_port_for_callbacks_must_be_free(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        manifest = desk.manifest(["one"], callback={"url": "https://example.org", "listen": f"127.0.0.1:{port}"})
        busy = desk.s2v("doctor", manifest)
    free = desk.s2v("doctor", manifest)

    assert (busy.code, grades(busy)["callback"], grades(free)["callback"]) == (8, "wrong", "ok")


def test_a_manifest_for_the_embedded_service_needs_what_draws_and_no_key(desk: Desk) -> None:
    done = desk.s2v("doctor", desk.manifest(["one"], provider="local", providers={}), MINIMAX_API_KEY="")

    assert done.code == 0
    assert {"encoder", "networks", "key local"} <= set(grades(done))
    assert not {"reach local", "clock", "accounts"} & set(grades(done))


def test_json_is_one_document_with_every_check_and_the_exit_code(desk: Desk) -> None:
    done = desk.s2v("doctor", desk.manifest(["one"]), "--json", MINIMAX_API_KEY="")

    told = done.document
    found = {each["check"]: each for each in told["checks"]}
    assert (done.code, told["exit"]) == (8, 8)
    assert found["key minimax"]["grade"] == "wrong"
    assert found["journal"] == {
        "check": "journal", "grade": "ok", "found": "none yet; the first run makes it", "advice": None,
    }  # fmt: skip


def test_jobs_that_are_still_at_another_provider_need_its_key_too(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "[500] lost"]))
    manifest = desk.manifest(["one", "[500] lost"], provider="vapi")

    done = desk.s2v("doctor", manifest, VAPI_API_HOST=desk.url, VAPI_API_KEY=KEY, MINIMAX_API_KEY="")

    assert (done.code, grades(done)["key minimax"], grades(done)["key vapi"]) == (8, "wrong", "ok")
