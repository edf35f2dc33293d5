"""No secret comes out anywhere; and every single redaction is needed for that, as it is missed when it is taken away.

Each scenario provokes what would bring a secret out: a provider that repeats the key, words with signed links, bugs,
loud libraries, slips in a manifest. Then everything that was printed or left is searched, in every form.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from counter import SIGNATURE, Counter, Talk
from desk import ROOT, Desk
from secret_forms import about, leaks

CHILD: Final = Path(__file__).with_name("secret_child.py")
KEY: Final = "sk-canary9f8e7d6c/5b4a+3f2e"
LINK: Final = f"https://cdn.example/v.mp4?Signature={SIGNATURE}&Expires=1"


@dataclass
class Stage:
    """A fresh folder and provider, and the package under test, which may be a copy with a redaction taken away."""

    desk: Desk
    counter: Counter
    package: Path

    def play(self, *commands: list[str], **environ: str) -> dict[str, bytes]:
        """Run commands, and return what they printed."""
        done = subprocess.run(
            self.line(*commands),
            cwd=self.desk.folder,
            env=self.environ(environ),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        return {"stdout": done.stdout, "stderr": done.stderr}

    def line(self, *commands: list[str]) -> list[str]:
        return [sys.executable, str(CHILD), json.dumps(commands)]

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        return self.desk.environ(**{"MINIMAX_API_KEY": KEY, **more}) | {"PYTHONPATH": str(self.package)}

    def searched(self, texts: dict[str, bytes], *secrets: str, spared: tuple[str, ...] = ("m.yaml",)) -> set[str]:
        folder = self.desk.folder
        hidden = frozenset(path for name in spared for path in folder.rglob(name))
        return {leak for secret in secrets for leak in leaks(secret, texts=texts, folder=folder, spared=hidden)}


def repeated_key(stage: Stage) -> set[str]:
    """The provider repeats the key in words, in a text, in a header, in a status and in an answer that breaks off."""
    counter, manifest = stage.counter, stage.desk.manifest(["words", "slashed", "text", "traced", "status", "cut"])
    slashed = json.dumps({"base_resp": {"status_code": 1026, "status_msg": KEY}}).replace("/", "\\/").encode()
    counter.trap("submit", "words", lambda talk: talk.answer_json({}, 1026, f"invalid key {KEY}"))
    counter.trap("submit", "slashed", lambda talk: talk.answer(slashed))
    counter.trap("submit", "text", lambda talk: talk.answer(f"no such key: {KEY}".encode(), status=500))
    counter.trap("submit", "traced", taken_with_trace)
    counter.trap("submit", "cut", lambda talk: talk.answer(f'{{"heard": "{KEY}'.encode(), length=4000))
    counter.trap("poll", "status", lambda talk: talk.answer_json({"status": f"Waiting for {KEY}"}))
    texts = stage.play(["run", str(manifest), "--events"], ["log", "m.yaml"], ["explain", "m.yaml", "a", "c", "e"])
    return stage.searched(texts, KEY)


def taken_with_trace(talk: Talk) -> None:
    body = json.dumps({"task_id": talk.counter.charge(talk.prompt), "base_resp": {"status_code": 0}}).encode()
    talk.answer(body, headers={"Trace-Id": KEY})


def signed_links(stage: Stage) -> set[str]:
    """Signed links stand in the provider's words and in a portrait's URL; only the journal may hold them."""
    items = [
        {"id": "a", "portrait": LINK, "prompt": "portrait"},
        {"id": "b", "portrait": "anna.png", "prompt": "refused"},
        {"id": "c", "portrait": "anna.png", "prompt": "doubt"},
    ]
    manifest = stage.desk.manifest(items)
    stage.counter.trap("submit", "refused", lambda talk: talk.answer_json({}, 1026, f"see {LINK}"))
    stage.counter.trap("submit", "doubt", lambda talk: talk.answer(f"see {LINK}".encode(), status=500))
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
    commands = [["run", str(manifest), "--events"], ["plan", "m.yaml"], ["status", "m.yaml"], ["resolve", "m.yaml"]]
    more = [["explain", "m.yaml", "a", "b", "c"], ["log", "m.yaml"], ["diff", "m.yaml"], ["report", "runs/try"]]
    texts = stage.play(*commands, *more, **github)
    return stage.searched(texts, SIGNATURE, KEY, spared=("m.yaml", "state.db", "state.db-wal"))


def stopped(stage: Stage) -> set[str]:
    """A run waits, and then stops, for a reason that holds a signed link."""
    process: subprocess.Popen[bytes]

    def wait_long(talk: Talk) -> None:
        talk.answer(f"wait for {LINK}".encode(), status=429, headers={"Retry-After": "200"})

    stage.counter.trap("submit", "one", wait_long)
    line = stage.line(["run", str(stage.desk.manifest(["one", "two"], limits={"in_flight": 1}))])
    process = subprocess.Popen(line, cwd=stage.desk.folder, env=stage.environ({}), stderr=subprocess.PIPE)
    assert process.stderr is not None
    told, guard = b"", threading.Timer(60.0, process.kill)  # a wait that is never told must not become the test's own
    guard.start()
    while b"the next purchase waits" not in told and (said := process.stderr.readline()):
        told += said
    guard.cancel()
    processes = about(process.pid)
    process.kill()
    told += process.communicate()[1]
    assert b"the next purchase waits" in told
    return stage.searched({"stderr": told, **processes}, SIGNATURE, KEY, spared=("m.yaml", "state.db", "state.db-wal"))


def bug(stage: Stage, **environ: str) -> set[str]:
    """A bug strikes, in words that hold all secrets; the key came as `environ` says."""
    flags = ["--env-file", "secret.env"] if "ENV_FILE" in environ else []
    canary = {"CANARY": KEY, "SIGNED": SIGNATURE, "MINIMAX_API_KEY": "", **environ}
    for name in ("secret.env", "secret.key"):
        text = f"MINIMAX_API_KEY={KEY}" if name == "secret.env" else KEY
        (stage.desk.folder / name).write_text(text)
    texts = stage.play(["bug", *flags], **canary)
    assert (stage.desk.folder / "home/.local/state/s2v").exists()
    return stage.searched(texts, SIGNATURE, KEY, spared=("secret.env", "secret.key"))


def bug_with_variable(stage: Stage) -> set[str]:
    return bug(stage, MINIMAX_API_KEY=KEY)


def bug_with_env_file(stage: Stage) -> set[str]:
    return bug(stage, ENV_FILE="yes")


def bug_with_key_file(stage: Stage) -> set[str]:
    return bug(stage, MINIMAX_API_KEY_FILE="secret.key")


def bug_with_unknown_key(stage: Stage) -> set[str]:
    """The key stands in a variable whose name says nothing, so that only its own type can hide it."""
    return bug(stage, ONLY_AS_A_VALUE="yes")


def loud_libraries(stage: Stage) -> set[str]:
    """Every library logs whatever it can, while whole runs go on, by each of the two ways over the wire."""
    found: set[str] = set()
    for number, way in enumerate(("httpx", "aiohttp")):
        manifest = stage.desk.manifest([f"one {number}"])
        texts = stage.play(["run", str(manifest)], DEBUG_LOG="yes", S2V_TRANSPORT=way)
        assert b"DEBUG" in texts["stderr"]
        found |= stage.searched(texts, SIGNATURE, KEY)
    return found


def loud_store(stage: Stage) -> set[str]:
    """A store repeats the token that came with a request, as a code and in words; its libraries log all they can."""
    manifest = stage.desk.manifest(["one"], output={"dir": "s3://films/one"})
    aws = {"AWS_ACCESS_KEY_ID": "AKIAANYBODY", "AWS_SECRET_ACCESS_KEY": KEY, "AWS_SESSION_TOKEN": SIGNATURE}
    with repeating_store() as url:
        more = {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1", "DEBUG_LOG": "yes"}
        texts = stage.play(
            ["run", str(manifest)], ["report", "runs/try"], ["bug"], CANARY=KEY, SIGNED="", **aws, **more
        )
    assert b"nothing was bought" in texts["stderr"]
    return stage.searched(texts, SIGNATURE, KEY)


@contextmanager
def repeating_store() -> Iterator[str]:
    class Repeating(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = f"no {self.headers['x-amz-security-token']}"
            body = f"<Error><Code>{told}</Code><Message>{told}</Message></Error>".encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Repeating) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def slips(stage: Stage) -> set[str]:
    """Keys, passwords and signatures stand in a manifest where none belong."""
    manifest = stage.desk.manifest(
        [
            {"portrait": f"{LINK}#top", "prompt": "one"},
            {"portrait": f"https://me:{KEY}@x.example/a.png", "prompt": "two"},
        ],
        provider=f"https://me:{SIGNATURE}@x.example",
        providers={"minimax": {"key_env": KEY.replace("/", "-"), "base_url": f"https://u:{SIGNATURE}@x.example/"}},
        callback=KEY,
    )  # fmt: skip
    texts = stage.play(["check", str(manifest)], ["run", str(manifest)])
    return stage.searched(texts, SIGNATURE, KEY, KEY.replace("/", "-"))


def drawing(stage: Stage) -> set[str]:
    """The embedded service draws in processes of its own."""
    line = stage.line(["run", str(stage.desk.manifest(["one"], provider="local", providers={}))])
    process = subprocess.Popen(line, cwd=stage.desk.folder, env=stage.environ({}), stderr=subprocess.DEVNULL)
    try:
        found: dict[str, bytes] = {}
        while process.poll() is None and not any("environ" in name and text for name, text in found.items()):
            found |= about(process.pid)
    finally:
        process.kill()
        process.wait()
    return stage.searched(found, KEY)


SCENARIOS: Final[tuple[Callable[[Stage], set[str]], ...]] = (
    repeated_key, signed_links, stopped, bug_with_variable, bug_with_env_file, bug_with_key_file, bug_with_unknown_key,
    loud_libraries, loud_store, slips, drawing,
)  # fmt: skip


@pytest.fixture
def stage(shop: Desk, counter: Counter) -> Stage:
    return Stage(shop, counter, ROOT)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
def test_no_secret_comes_out(stage: Stage, scenario: Callable[[Stage], set[str]]) -> None:
    if scenario in {drawing, stopped} and not Path("/proc/self/task").exists():
        pytest.skip("what others see of a process is in /proc, which is not here")
    assert scenario(stage) == set()


@dataclass(frozen=True)
class Removal:
    """One redaction, and what takes it away; `also` names a second one that stands behind the first."""

    file: str
    before: str
    after: str
    scenario: Callable[[Stage], set[str]]
    also: tuple[str, str, str] | None = None


SCREEN: Final = ("report/text.py", "visible(without_queries(text))", "visible(text)")
"""The last redaction, which stands behind all that reaches a terminal; taken away alone it is not missed by `slips`."""

REMOVALS: Final = {
    "the key in an answer": Removal(
        "edge/wire/api.py", 'blank(content.decode("utf-8-sig", errors="replace"))',
        'content.decode("utf-8-sig", errors="replace")', repeated_key,
    ),
    "the key in an answer that broke off": Removal(
        "edge/wire/api.py", 'blank(" ".join', '(" ".join', repeated_key
    ),
    "the key in a header": Removal("edge/wire/api.py", ": blank(value)", ": value", repeated_key),
    "the key with escaped slashes": Removal("edge/secret.py", ', in_json.replace("/", "\\\\/")', "", repeated_key),
    "the key as text": Removal(
        "edge/secret.py", 'return "Secret(***)"', "return self._value", bug_with_unknown_key
    ),
    "the key of the environment in a log": Removal("cli/main.py", "            yield value\n", "", bug_with_variable),
    "the key of an env file": Removal(
        "cli/main.py", "environ = environment(environ, env_file)", "pass", bug_with_env_file
    ),
    "the key of a key file": Removal("cli/main.py", 'if name.endswith("_FILE") else ""', "[:0]", bug_with_key_file),
    "the key in a bug's log": Removal("cli/main.py", "_redacted(text, secrets)", "text", bug_with_variable),
    "the key in a bug's words": Removal(
        "cli/main.py", "_redacted(str(error), secrets)", "error", bug_with_variable
    ),
    "the link in a bug's log": Removal("cli/main.py", "return without_queries(text)", "return text", bug_with_variable),
    "the link in a portrait": Removal(
        "core/sums/tally.py", "without_queries(item.portrait.ref)", "item.portrait.ref", signed_links
    ),
    "the link in a reason": Removal(
        "core/sums/tally.py", "without_queries(reason_of(state))", "reason_of(state)", signed_links
    ),
    "the link in an event": Removal(
        "report/document.py", "else without_queries(value)", "else value", signed_links
    ),
    "the link on the screen": Removal(
        "report/text.py", "visible(without_queries(text))", "visible(text)", signed_links
    ),
    "the link in a notice": Removal(
        "edge/watch/progress.py", "plain_line(text)", "text", stopped
    ),
    "a key in a manifest": Removal(
        "manifest/words.py", 'return "a text that looks like a key" if looks_like_a_key(text) else', "return", slips
    ),
    "a password in a URL": Removal("manifest/words.py", "_PASSWORD.sub('...@', text)", "text", slips, SCREEN),
    "a signature in a portrait's URL": Removal(
        "edge/portrait/url.py", "shown.partition('?')[0]", "shown", slips, SCREEN
    ),
    "the key in an account's name": Removal(
        "edge/account/accounts.py", "hashlib.scrypt(text, salt=_salt(salt), dklen=16, **_SLOW).hex()", "text.hex()",
        repeated_key,
    ),
    "the token in a store's answer": Removal(
        "edge/store/sorting.py", "told if _CODE.fullmatch(told) else str(status)", "told", loud_store
    ),
    "the token in the log of a store's library": Removal(
        "edge/store/bucket.py", "logging.getLogger(name).setLevel(logging.CRITICAL)", "pass", loud_store
    ),
    "the environment of what draws": Removal("cli/main.py", "del os.environ[name]", "pass", drawing),
}  # fmt: skip


@pytest.fixture
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a copy of the package, to be spoilt."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("runner", "schemas"):
        shutil.copytree(ROOT / name, root / name)
    yield root
    shutil.rmtree(root, ignore_errors=True)  # a worker of a run that was killed may be on its way out, and compile


@pytest.mark.parametrize("removal", REMOVALS.values(), ids=REMOVALS)
def test_every_redaction_is_missed_when_it_is_taken_away(
    shop: Desk, counter: Counter, copied: Path, removal: Removal
) -> None:
    for file, before, after in ((removal.file, removal.before, removal.after), *filter(None, [removal.also])):
        text = (copied / "runner" / file).read_text()
        assert text.count(before) == 1, f"{file} has no such redaction any more: {before}"
        (copied / "runner" / file).write_text(text.replace(before, after))

    assert removal.scenario(Stage(shop, counter, copied)) != set()
