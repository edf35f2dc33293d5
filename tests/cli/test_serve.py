"""`s2v serve` as a process of its own, with `s2v run` as one of its clients."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from desk import ROOT, Desk
from ledgers import ledger
from loopback import closed_port
from PIL import Image

from runner.cli.main import main
from runner.cli.typed import SERVED
from runner.errors import Exit
from runner.service.service import DIALECTS
from runner.service.wan import LIBRARIES


@dataclass
class Served:
    """A running `s2v serve`."""

    base: str
    process: subprocess.Popen[str]

    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.base}/ledger", trust_env=False).json()["jobs"]
        return found


@contextlib.contextmanager
def serving(folder: Path, *flags: object) -> Iterator[Served]:
    command = [sys.executable, "-m", "runner", "serve", "--port", "0", "--render", "tiny"]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, "--folder", str(folder / "s"), *map(str, flags)],
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            yield Served(process.stdout.readline().strip(), process)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def faults(folder: Path, *rules: dict[str, Any]) -> Path:
    path = folder / "faults.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "rules": list(rules)}))
    return path


def order() -> dict[str, Any]:
    """Return the body of a submit as MiniMax has it."""
    out = io.BytesIO()
    Image.new("RGB", (320, 320), "olive").save(out, "PNG")
    image = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
    return {"model": "S2V-01", "subject_reference": [{"type": "character", "image": [image]}]}


@pytest.mark.parametrize("calls", [False, True], ids=["polled", "called back"])
@pytest.mark.parametrize("name", SERVED)
def test_the_same_twenty_items_are_twenty_jobs_at_each_provider(
    desk: Desk, tmp_path: Path, name: str, *, calls: bool
) -> None:
    items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": f"She smiles {n}."} for n in range(20)]
    quick = {name: {"poll": "20ms", "rate": "1000/1s", "in_flight": 20}}
    callback: dict[str, Any] = {
        "callback": {"url": f"http://127.0.0.1:{(port := closed_port())}/s2v", "listen": f"127.0.0.1:{port}"}
    }
    manifest = desk.manifest(items, provider=name, providers=quick, **(callback if calls else {}))
    with serving(tmp_path, "--allow-private") as service:
        environ = {f"{name.upper()}_API_HOST": service.base, f"{name.upper()}_API_KEY": "sk-anything"}
        codes = [desk.s2v("run", manifest, "--quiet", **environ).code for _ in range(2)]
        jobs = service.jobs()

    assert codes == [0, 0]
    assert sorted(str(job["prompt"]) for job in jobs) == sorted(item["prompt"] for item in items)
    assert {(job["dialect"], job["status"]) for job in jobs} == {(name, "made")}
    assert len(desk.videos()) == len(items)


def test_an_executor_that_is_asked_for_draws_the_videos(desk: Desk, tmp_path: Path) -> None:
    with serving(tmp_path, "--executor", "local=1") as service:
        done = desk.s2v("run", desk.manifest(["one", "two"]), "--quiet", MINIMAX_API_HOST=service.base)

    assert (done.code, desk.videos()) == (0, ["a.mp4", "b.mp4"])
    assert [path.suffix for path in (tmp_path / "s/videos").iterdir()] == [".mp4"] * 2


def test_jobs_and_videos_survive_a_kill(desk: Desk, tmp_path: Path) -> None:
    manifest = desk.manifest(["one", "two"])
    with serving(tmp_path) as service:
        assert desk.s2v("run", manifest, "--quiet", MINIMAX_API_HOST=service.base).code == 0
        before = service.jobs()
        service.process.kill()
    with serving(tmp_path) as service:
        assert service.jobs() == before


@pytest.mark.parametrize(
    ("rule", "code", "jobs"),
    [
        pytest.param({"when": {"operation": "submit", "first": 1}, "do": {"reset": "before"}}, 6, 0, id="reset before"),
        pytest.param({"when": {"operation": "submit", "first": 1}, "do": {"lose_reply": True}}, 6, 1, id="lost reply"),
        pytest.param({"when": {"operation": "submit"}, "do": {"refuse": "balance"}}, 7, 0, id="balance"),
        pytest.param(
            {"when": {"operation": "submit", "first": 1}, "do": {"code": {"number": 1002, "retry_after": "10ms"}}},
            0, 1, id="throttled once",
        ),
        pytest.param({"when": {"operation": "query"}, "do": {"fail": 1027}}, 5, 1, id="failed job"),
    ],
)  # fmt: skip
def test_a_fault_reaches_the_runs_exit_code(
    rule: dict[str, Any], code: int, jobs: int, desk: Desk, tmp_path: Path
) -> None:
    manifest = desk.manifest(["one"], retry={"backoff": "10ms..20ms"})
    with serving(tmp_path, "--faults", faults(tmp_path, rule)) as service:
        done = desk.s2v("run", manifest, "--quiet", MINIMAX_API_HOST=service.base)
        made = len(service.jobs())

    assert (done.code, made) == (code, jobs), done.err


def test_only_the_keys_of_the_file_are_admitted(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("# the team's\n\none\n  two  \n")
    with serving(tmp_path, "--keys", tmp_path / "keys") as service:
        codes = {}
        for key in ("one", "two", "three", "#"):
            headers = {"Authorization": f"Bearer {key}"}
            reply = httpx.get(f"{service.base}/api/v1/apikey/validate", headers=headers, trust_env=False)
            codes[key] = reply.status_code
    assert codes == {"one": 200, "two": 200, "three": 401, "#": 401}


def test_a_job_that_another_key_bought_is_told_from_one_that_is_gone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("one\ntwo\n")
    rule = faults(tmp_path, {"when": {"operation": "query"}, "do": {"stuck": "Processing"}})
    manifest = desk.manifest(["one"], limits={"item_deadline": "1s"})
    with serving(tmp_path, "--keys", tmp_path / "keys", "--faults", rule) as service:
        at = {"MINIMAX_API_HOST": service.base}
        bought = desk.s2v("run", manifest, MINIMAX_API_KEY="one", **at)
        done = desk.s2v("fetch", manifest, MINIMAX_API_KEY="two", **at)
        told = [
            done.err,
            desk.s2v("explain", manifest, "a").out,
            desk.s2v("report", manifest, "--print", "results.jsonl").out,
        ]
        again = desk.s2v("fetch", manifest, MINIMAX_API_KEY="one", **at)

    words = "this run bought with another key or at another host, too: go on with that which bought the job"
    assert [bought.code, done.code, again.code] == [10] * 3, done.err
    assert all(words in each for each in told), told
    assert words not in bought.err + again.err


@pytest.mark.parametrize(("flags", "key"), [([], "any"), (["--keys", "keys"], "KEY")], ids=["open", "with keys"])
def test_the_command_that_it_names_is_one_that_it_admits(flags: list[str], key: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("one\n")
    with contextlib.chdir(tmp_path), serving(tmp_path, *flags) as service:
        assert service.process.stderr is not None
        told = next(line for line in service.process.stderr if "try: " in line)

    assert told.partition("try: ")[2] == f"MINIMAX_API_HOST={service.base} MINIMAX_API_KEY={key} s2v run MANIFEST\n"


def test_limits_and_prices_come_from_the_flags(tmp_path: Path) -> None:
    flags = ("--balance", "1.00", "--price", "modellix=0.4", "--rate", "100/1s", "--in-flight", "50")
    with serving(tmp_path, *flags) as service:
        left = httpx.get(f"{service.base}/api/v1/team/balance", trust_env=False).json()["data"]["balance"]
    assert left == 1.0


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--rate", "5"], 2, "expected a rate such as 5/1m"),
        (["--rate", "0/1m"], 2, "at least one submit"),
        (["--price", "local=1"], 2, "expected NAME=AMOUNT"),
        (["--price", "vapi=-1"], 2, "expected an amount such as 0.65"),
        (["--balance", "1.0000001"], 2, "expected an amount"),
        (["--link-lifetime", "soon"], 2, "expected a duration"),
        (["--link-lifetime", "0s"], 2, "found '0s', expected at least 1s"),
        (["--render", "real"], 2, "invalid choice"),
        (["--device", "cpu"], 2, "--device is for --render wan-vace; animatic has one way to draw"),
        (["--size", "832x470"], 2, "expected WIDTHxHEIGHT, both multiples of 16 px"),
        (["--frames", "80"], 2, "expected a multiple of 4, and 1 more: 81 are 5.1 s"),
        (["--keys", "nowhere"], 2, "--keys nowhere cannot be read: No such file"),
        (["--keys", "empty"], 2, "holds no key"),
        (["--folder", "empty"], 9, "empty: the service's folder cannot be used: File exists"),
        (["--host", "no-such-host.invalid"], 2, "cannot listen on no-such-host.invalid:0: "),
        (["--faults", "bad.yaml"], 3, "bad.yaml:2:21: rules[0].do.http: found 99, expected an HTTP status"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused_in_words(
    flags: list[str], code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").write_text("# nobody\n")
    (tmp_path / "bad.yaml").write_text("version: 1\nrules: [{do: {http: 99}}]\n")

    with contextlib.chdir(tmp_path), contextlib.ExitStack() as usage:
        if code == Exit.USAGE and flags[0] not in {"--keys", "--host", "--device"}:
            usage.enter_context(pytest.raises(SystemExit, match=str(code)))
        assert main(["serve", "--port", "0", *flags]) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("missing", "flags", "words"),
    [
        *((name, [], f"s2v serve needs {name}: pip install 's2v-runner[local]'")
          for name in ("numpy", "cv2", "starlette", "uvicorn")),
        (" ".join(LIBRARIES), ["--render", "wan-vace"],
         f"s2v serve --render wan-vace needs {' and '.join(LIBRARIES)}: pip install 's2v-runner[gpu]'"),
        (" ".join(["numpy", "starlette", *LIBRARIES]), ["--render", "wan-vace"],
         f"needs numpy and starlette and {' and '.join(LIBRARIES)}: pip install 's2v-runner[gpu]'"),
    ],
)  # fmt: skip
def test_what_the_service_needs_must_be_installed(missing: str, flags: list[str], words: str, tmp_path: Path) -> None:
    """A process in which a library cannot be found, as where the extra was not asked for."""
    absent = f"import sys; sys.modules.update(dict.fromkeys('{missing}'.split()))"
    script = f"{absent}; from runner.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, "serve", "--port", "0", *flags], cwd=tmp_path, text=True, capture_output=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 8
    assert words in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_under_way_end(number: signal.Signals, tmp_path: Path) -> None:
    slow = {"when": {"operation": "submit"}, "do": {"slow": "500ms"}}
    with (
        serving(tmp_path, "--faults", faults(tmp_path, slow)) as service,
        httpx.stream("POST", f"{service.base}/v1/video_generation", json=order(), trust_env=False) as reply,
    ):
        service.process.send_signal(number)
        reply.read()

    assert reply.json()["task_id"]
    assert service.process.returncode == 0
    assert [line.task_id for line in ledger(tmp_path / "s")] == [reply.json()["task_id"]]


def test_the_flags_know_the_dialects_that_are_served() -> None:
    assert tuple(DIALECTS) == SERVED


def test_a_disk_that_takes_no_more_ends_the_service_with_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (1, 1))
        refused = httpx.post(f"{service.base}/v1/video_generation", json=order(), trust_env=False)
        _, err = service.process.communicate(timeout=20)

    assert refused.status_code == 500
    assert service.process.returncode == Exit.FOLDER
    assert err.splitlines()[-1].startswith("s2v: the service's store cannot be written: ")
    assert err.splitlines()[-1].endswith("; make room on the disk, then go on")
    assert "Traceback" not in err
    assert ledger(tmp_path / "s") == ()


def test_a_client_that_goes_away_in_the_middle_of_its_order_is_nothing_to_tell(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        place = urlsplit(service.base)
        with socket.create_connection((place.hostname, place.port)) as client:
            head = "POST /v1/video_generation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            client.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        assert service.jobs() == []
        service.process.terminate()
        _, err = service.process.communicate(timeout=20)

    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("stopped by SIGTERM")
