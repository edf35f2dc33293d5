"""A real Chromium without a window, spoken to over two pipes (Chrome's DevTools protocol, NUL between messages)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage",
)  # fmt: skip


class Tab:
    """One page: opened, clicked, typed into, looked at; it keeps every complaint of the console and every request."""

    def __init__(self, to: Any, from_: Any) -> None:
        self._to, self._from, self._count = to, from_, 0
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._loaded = False
        self._session: str | None = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Send one command and return its result; what happens meanwhile is noted."""
        self._count += 1
        number = self._count
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any]:
        raw = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser is gone"
            raw += byte
        message: dict[str, Any] = json.loads(raw)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning"}:
                self.complaints.append(json.dumps(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])

    def open(self, page: Path, *, anchor: str = "") -> None:
        self._load("Page.navigate", url=page.as_uri() + anchor)

    def reload(self) -> None:
        self._load("Page.reload")

    def _load(self, method: str, **params: object) -> None:
        """Return when the page is there: what is asked while it comes may be asked of the one that goes."""
        self._loaded = False
        self.ask(method, **params)
        while not self._loaded:
            self._read()

    def run(self, script: str) -> Any:
        """Return what a script comes to; a promise is waited for."""
        result = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Return when a condition holds, looked at before each frame; the test's own time limit ends a vain wait."""
        self.run(
            "new Promise((done, fail) => { let left = 600; const look = () => "
            f"({condition}) ? done() : left-- ? requestAnimationFrame(look) : fail(Error('never: ' + {condition!r})); "
            "look(); })"
        )

    def press(self, key: str) -> None:
        text = key if len(key) == 1 else {"Enter": "\r", "Space": " "}.get(key, "")
        name = " " if key == "Space" else key
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=name, text=text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=name)

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path) -> None:
        """Write what the window shows as a PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """Give a tab of a browser of our own; leaving the block ends it."""
    assert PROGRAM is not None
    read_ours, write_theirs = os.pipe()
    read_theirs, write_ours = os.pipe()

    def take_pipes() -> None:
        """Make the pipes file 3 and 4 of the new process, as the protocol wants them."""
        low, high = os.dup2(read_theirs, 103), os.dup2(write_theirs, 104)
        os.dup2(low, 3)
        os.dup2(high, 4)

    process = subprocess.Popen(
        [PROGRAM, *ARGUMENTS, f"--user-data-dir={profile}"],
        pass_fds=(3, 4), preexec_fn=take_pipes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,  # noqa: PLW1509
    )  # fmt: skip
    os.close(read_theirs)
    os.close(write_theirs)
    with os.fdopen(write_ours, "wb") as to, os.fdopen(read_ours, "rb", buffering=0) as from_:
        try:
            yield Tab(to, from_)
        finally:
            process.kill()
            process.wait()
