"""The other commands, and what a person reads when something is wrong."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import httpx
import jsonschema
import pytest
from counter import Counter, Talk
from desk import KEY, ROOT, Desk

from runner.core.life.lifecycle import fold
from runner.core.life.state import Phase, index_of
from runner.edge.journal.journal import Journal
from runner.events import Intended, Stamped


def test_init_check_plan_lead_to_a_run(desk: Desk) -> None:
    desk.portrait("portraits/anna.png")

    codes = [desk.s2v(*words).code for words in (("init",), ("check", "s2v.yaml"), ("plan", "s2v.yaml"))]

    assert codes == [0, 0, 0]
    assert "portraits/anna.png" in (desk.folder / "s2v.yaml").read_text()
    assert desk.s2v("init").code == 2


def test_check_counts_and_sends_nothing(desk: Desk) -> None:
    done = desk.s2v("check", desk.manifest(["one", "two"]).name)

    assert done.out == "m.yaml: 2 videos from 1 portrait at minimax; no problem found, nothing was sent\n"
    assert desk.submits == []


def test_every_problem_of_form_portrait_and_prompt_is_named_in_one_pass(desk: Desk) -> None:
    (desk.folder / "page.png").write_text("<html>not found</html>")
    manifest = desk.manifest(
        [
            {"portrait": "nobody.png", "prompt": "one"},
            {"portrait": "page.png", "prompt": "two"},
            {"portrait": "anna.png", "prompt": "x" * 2001},
            {"portrait": "anna.png", "promt": "three"},
        ]
    )

    done = desk.s2v("check", manifest.name)

    assert done.code == 3
    assert re.sub(r"looked for .*?\)", "looked for ...)", done.err) == (
        "m.yaml:9:13: items[0].portrait: portrait 'nobody.png' not found (looked for ...)\n"
        "m.yaml:11:13: items[1].portrait: portrait 'page.png' is an HTML page, expected a JPEG, PNG or WebP image\n"
        "m.yaml:13:13: items[2].prompt: prompt has 2,001 characters, at most 2,000 are allowed (shorten it)\n"
        "m.yaml:16:3: items[3].promt: unknown key (did you mean prompt?)\n"
        "s2v: 4 problems found, nothing was sent\n"
    )


def test_a_portrait_is_looked_at_though_something_else_of_its_item_or_row_is_wrong(desk: Desk) -> None:
    (desk.folder / "t.csv").write_text("portrait,prompt,takes\nanna.png,one,1\nno.png,two,many\n")
    manifest = desk.manifest([{"portrait": "nobody.png", "promt": "three"}], include=["t.csv"])

    done = desk.s2v("check", manifest.name)

    assert done.code == 3
    assert "items[0].promt: unknown key (did you mean prompt?)" in done.err
    assert "items[0].portrait: portrait 'nobody.png' not found" in done.err
    assert "t.csv:3: takes: found 'many'" in done.err
    assert "t.csv:3: row.portrait: portrait 'no.png' not found" in done.err
    assert "s2v: 4 problems found" in done.err


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        pytest.param({"MINIMAX_API_KEY": ""}, "no key for minimax: set MINIMAX_API_KEY", id="no key"),
        pytest.param({"MINIMAX_API_KEY": "two words"}, "holds blanks", id="key with a blank"),
        pytest.param({"MINIMAX_API_HOST": "http://api.example.org"}, "is not https", id="plain http"),
        pytest.param({"MINIMAX_API_KEY": "", "MINIMAX_API_KEY_FILE": "no/file"}, "cannot be read", id="no key file"),
    ],
)
def test_a_key_that_cannot_be_used_stops_everything_before_it_is_sent(
    desk: Desk, environ: dict[str, str], words: str
) -> None:
    manifest = desk.manifest(["one"])

    for command in ("check", "run"):
        done = desk.s2v(command, manifest, **environ)
        assert done.code == 8
        assert words in done.err
    assert desk.submits == []


@pytest.mark.parametrize("name", ["none.pem", "anna.png"], ids=["not there", "no certificates"])
def test_certificates_that_cannot_be_read_are_told_by_their_variable(desk: Desk, name: str) -> None:
    host = "https://api.provider.example"

    done = desk.s2v("run", desk.manifest(["one"]), MINIMAX_API_HOST=host, SSL_CERT_FILE=name)

    assert done.code == 8
    assert f"SSL_CERT_FILE names {name}, and no certificates can be read there" in done.err


def test_a_key_may_come_from_a_file_or_an_env_file(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    (desk.folder / "key").write_text(f"{KEY}\n")
    (desk.folder / ".env").write_text(f"# keys\nexport MINIMAX_API_KEY='{KEY}'\n")

    assert desk.s2v("check", manifest, MINIMAX_API_KEY="", MINIMAX_API_KEY_FILE="key").code == 0
    assert desk.s2v("check", manifest, "--env-file", ".env", MINIMAX_API_KEY="").code == 0
    assert desk.s2v("check", manifest, MINIMAX_API_KEY="").code == 8


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(("run", "m.yaml", "--only", "astronaut-wnk"), "did you mean astronaut-wink?", id="id"),
        pytest.param(("run", "m.yaml", "--tag", "smle"), "did you mean smile?", id="tag"),
        pytest.param(("run", "m.yaml", "--tag", "zzz"), "no item has the tag 'zzz'; tags are smile", id="no such tag"),
        pytest.param(("run", "m.yaml", "--limit", "0"), "expected a whole number above 0", id="limit"),
        pytest.param(("run", "m.yaml", "--max-cost", "much"), "expected an amount such as 5", id="cost"),
        pytest.param(("verfy", "m.yaml"), "did you mean verify?", id="command"),
        pytest.param(("run", "m.yaml", "--dryrun"), "unrecognized arguments: --dryrun", id="flag"),
        pytest.param((), "the following arguments are required: COMMAND", id="nothing"),
    ],
)
def test_a_slip_on_the_command_line_is_explained(desk: Desk, args: tuple[str, ...], words: str) -> None:
    desk.manifest([{"id": "astronaut-wink", "portrait": "anna.png", "prompt": "hm", "tags": ["smile"]}])

    done = desk.s2v(*args)

    assert done.code == 2
    assert words in done.err


def test_of_many_tags_it_is_said_how_many_more_there_are(desk: Desk) -> None:
    tags = [f"t{n:02}" for n in range(1, 12)]
    desk.manifest([{"id": "a", "portrait": "anna.png", "prompt": "hm", "tags": tags}])

    done = desk.s2v("run", "m.yaml", "--tag", "zzz")

    assert done.err.endswith("'zzz'; tags are t01, t02, t03, t04, t05, t06, t07, t08, t09 and 2 more\n")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param(["--only", "b"], ["b"], id="only"),
        pytest.param(["--only", "[ac]"], ["a", "c"], id="pattern"),
        pytest.param(["--tag", "odd"], ["a", "c"], id="tag"),
        pytest.param(["--limit", "2"], ["a", "b"], id="limit"),
        pytest.param(["--tag", "odd", "--limit", "1"], ["a"], id="tag and limit"),
    ],
)
def test_a_selection_buys_only_what_is_selected(desk: Desk, flags: list[str], expected: list[str]) -> None:
    tags = {"a": ["odd"], "b": ["even"], "c": ["odd"], "d": ["even"]}
    items = [{"id": id_, "portrait": "anna.png", "prompt": id_ + desk.mark, "tags": each} for id_, each in tags.items()]

    done = desk.s2v("run", desk.manifest(items), *flags)

    assert done.code == 0, done.err
    assert sorted(desk.submits) == expected
    assert desk.videos() == [f"{id_}.mp4" for id_ in expected]


def test_the_same_sample_is_drawn_again(desk: Desk) -> None:
    manifest = desk.manifest([f"take {n}" for n in range(9)])
    flags = ("--sample", "3", "--seed", "7")

    assert [desk.s2v("run", manifest, *flags).code for _ in range(2)] == [0, 0]
    assert len(desk.submits) == 3


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_seed_without_a_sample_does_not_stand_for_everything(desk: Desk, command: str) -> None:
    done = desk.s2v(command, desk.manifest(["one", "two"]), "--seed", "0")

    assert (done.code, done.err) == (2, "s2v: --seed is the seed of --sample; add --sample N, or leave it out\n")
    assert desk.submits == []


def test_a_run_folder_names_its_manifest(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))

    for command in ("status", "plan", "check", "verify", "report", "run"):
        assert desk.s2v(command, "runs/try").code == 0


@pytest.mark.parametrize(("folder", "meant"), [("manifests", "manifests/m.yaml"), ("runs", "runs/try")])
def test_a_folder_of_manifests_or_of_runs_names_one_of_them(desk: Desk, folder: str, meant: str) -> None:
    desk.portrait("manifests/anna.png")
    desk.s2v("run", desk.manifest(["one"], name="manifests/m.yaml"))

    done = desk.s2v("check", folder)

    assert (done.code, done.err) == (9, f"s2v: {folder} is no run folder: it has no state.db; did you mean {meant}?\n")


@pytest.mark.parametrize("words", [["run", "--failed"], ["retry"]])
def test_where_nothing_failed_that_is_said(desk: Desk, words: list[str]) -> None:
    desk.s2v("run", desk.manifest(["one"]))

    done = desk.s2v(words[0], "m.yaml", *words[1:], "--quiet")

    assert (done.code, done.out, done.err) == (
        0, "nothing to do in runs/try\n", "no item that was asked for has failed\n",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["status", "review", "plan"])
def test_a_run_that_nobody_is_at_work_in_is_looked_at_on_a_disk_that_takes_nothing(desk: Desk, command: str) -> None:
    desk.s2v("run", desk.manifest(["one"]))

    done = desk.in_shell("ulimit -f 0; s2v", command, "m.yaml")

    assert done.code == 0, done.err
    assert done.out


def test_a_run_that_was_cut_off_is_not_looked_at_past_what_it_wrote_last(desk: Desk) -> None:
    """On a full disk what stands in the log beside the journal can be read by nobody, and is not passed over."""
    desk.s2v("run", desk.manifest(["one"]))
    (desk.folder / "runs/try/state.db-wal").write_bytes(b"facts")

    done = desk.in_shell("ulimit -f 0; s2v", "status", "m.yaml")

    assert (done.code, done.out) == (9, "")
    assert "make room or mend the disk, then run again" in done.err


def test_a_pause_between_looks_without_a_watch_is_refused(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))

    done = desk.s2v("status", "m.yaml", "--interval", "5s")

    assert (done.code, done.out) == (2, "")
    assert "--interval is the time between two looks of --watch; add --watch, or leave it out" in done.err


def test_status_of_what_never_ran_says_what_to_type(desk: Desk) -> None:
    done = desk.s2v("status", desk.manifest(["one"]).name)

    assert done.code == 3
    assert "nothing was run yet in runs/try (s2v run m.yaml)" in done.err


def test_verify_finds_a_damaged_and_a_lost_video(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two", "three"]))
    videos = desk.folder / "runs/try/videos"
    (videos / "a.mp4").write_bytes((videos / "a.mp4").read_bytes()[:-9])
    (videos / "b.mp4").unlink()

    done = desk.s2v("verify", "runs/try")

    assert done.code == 5
    assert "runs/try/videos/a.mp4: the file on disk is not the one that was saved" in done.out
    assert "runs/try/videos/b.mp4: the saved file is gone" in done.out
    assert "2 of 3 videos are not what was checked" in done.out


def test_verify_counts_one_video_in_the_singular(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    (desk.folder / "runs/try/videos/a.mp4").unlink()

    assert "1 of 1 video is not what was checked" in desk.s2v("verify", "runs/try").out


def test_a_damaged_state_is_never_started_over(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    state = desk.folder / "runs/try/state.db"
    state.write_bytes(b"no database at all" * 99)

    done = desk.s2v("run", manifest)

    assert done.code == 9
    assert "nothing was started over" in done.err
    assert desk.submits == ["one"]


@pytest.mark.parametrize("checks", [{}, {"min_seconds": 1}], ids=["done", "in review"])
def test_a_lost_state_beside_videos_is_never_started_over(desk: Desk, checks: dict[str, int]) -> None:
    manifest = desk.manifest(["one"], checks=checks)
    desk.s2v("run", manifest)
    for path in (desk.folder / "runs/try").glob("state.db*"):
        path.unlink()

    done = desk.s2v("run", manifest)

    assert done.code == 9
    assert "holds videos but no state" in done.err
    assert desk.submits == ["one"]


def test_a_lost_state_beside_videos_is_told_by_whatever_looks_at_the_run(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    for path in (desk.folder / "runs/try").glob("state.db*"):
        path.unlink()
    looks = [["status"], ["verify"], ["report"], ["log"], ["resolve"], ["review"], ["explain", "a"], ["diff"]]

    told = [desk.s2v(command, manifest, *ids) for command, *ids in looks]
    plan = desk.s2v("plan", manifest)

    assert {each.code for each in told} == {9}
    assert all("runs/try holds videos but no state, so nobody knows what was paid for" in each.err for each in told)
    assert "a run would be refused now: runs/try holds videos but no state" in plan.err


def test_a_doubt_is_listed_and_settled_by_a_person(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]", "gone [500]"])
    desk.s2v("run", manifest)
    assert desk.s2v("resolve", manifest).code == 6
    assert desk.s2v("resolve", manifest, "b", "--abandon").code == 0
    assert desk.s2v("resolve", manifest, "c", "--abandon").code == 2
    assert desk.s2v("resolve", manifest, "a", "--resubmit").code == 0
    assert desk.s2v("run", manifest).code == 6
    assert sorted(desk.submits) == ["gone [500]", "lost [500]", "lost [500]"]


def test_a_doubt_is_listed_with_commands_that_can_be_pasted(desk: Desk) -> None:
    desk.manifest(["lost [500]", "good"])
    desk.s2v("run", "m.yaml")

    (_, _, *commands) = desk.s2v("resolve", "m.yaml").out.splitlines()
    unnamed = desk.s2v("resolve", "m.yaml", "--abandon")

    assert [line.partition("#")[0].strip() for line in commands] == [
        "s2v resolve m.yaml a --job JOB", "s2v resolve m.yaml a --resubmit", "s2v resolve m.yaml a --abandon",
    ]  # fmt: skip
    assert "its price stays held back" in commands[-1]
    assert (unnamed.code, "for example: s2v resolve m.yaml ID --abandon" in unnamed.err) == (2, True), unnamed.err


def test_commands_for_several_doubts_leave_it_open_which_is_meant(desk: Desk) -> None:
    desk.manifest(["lost [500]", "gone [500]"])
    desk.s2v("run", "m.yaml")

    assert "  s2v resolve m.yaml ID --resubmit   # " in desk.s2v("resolve", "m.yaml").out


@pytest.mark.parametrize("words", [["explain", "m.yaml", "zzz"], ["plan", "m.yaml", "--only", "zzz"]], ids=str)
def test_who_names_no_item_is_told_where_their_ids_stand(desk: Desk, words: list[str]) -> None:
    desk.manifest(["one"])
    desk.s2v("run", "m.yaml")

    done = desk.s2v(*words)

    assert (done.code, done.err) == (2, "s2v: no item is called 'zzz'; s2v plan m.yaml lists them\n")


ANEW = "so it is not tried again among others; to buy it anew, name it: s2v retry m.yaml b"


@pytest.mark.parametrize(
    "again",
    [["run", "m.yaml", "--failed"], ["retry", "m.yaml"], ["retry", "m.yaml", "[a-c]"]],
    ids=["run --failed", "retry", "a pattern"],
)
def test_a_doubt_that_was_given_up_is_not_bought_anew_among_others(desk: Desk, again: list[str]) -> None:
    desk.manifest(["bad [1026]", "gone [500]", "good"])
    desk.s2v("run", "m.yaml")
    desk.s2v("resolve", "m.yaml", "b", "--abandon")

    planned = desk.s2v("plan", "m.yaml", "--failed", "--json")
    done = desk.s2v(*again)

    assert [line["id"] for line in planned.document["items"] if line["action"] == "buy"] == ["a"]
    assert ANEW in planned.err
    assert ANEW in done.err
    assert sorted(desk.submits) == ["bad [1026]", "bad [1026]", "gone [500]", "good"]


@pytest.mark.parametrize(
    "again",
    [["run", "m.yaml", "--failed", "--only", "b"], ["retry", "m.yaml", "b"], ["retry", "m.yaml", "b", "[ac]"]],
    ids=["run --only", "retry", "beside a pattern"],
)
def test_a_doubt_that_was_given_up_is_bought_anew_where_it_is_named(desk: Desk, again: list[str]) -> None:
    desk.manifest(["bad [1026]", "gone [500]"])
    desk.s2v("run", "m.yaml")
    desk.s2v("resolve", "m.yaml", "b", "--abandon")

    done = desk.s2v(*again)

    assert desk.submits.count("gone [500]") == 2
    assert "given up" not in done.err


@pytest.mark.parametrize("flag", ["--abandon", "--resubmit", "--job=77"])
def test_the_reports_know_what_was_settled(desk: Desk, flag: str) -> None:
    manifest = desk.manifest(["lost [500]"])
    desk.s2v("run", manifest)

    done = desk.s2v("resolve", manifest, "a", flag)

    assert done.code == 0, done.err
    kept = json.loads((desk.folder / "runs/try/report.json").read_text())
    assert kept["summary"]["states"]["in_doubt"] == 0
    assert kept == desk.s2v("status", manifest, "--json").document
    assert "s2v resolve" not in (desk.folder / "runs/try/report.md").read_text()


def test_github_gets_annotations_and_a_summary(desk: Desk) -> None:
    summary = desk.folder / "summary.md"
    environ = {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_STEP_SUMMARY": str(summary)}

    bad = desk.s2v("check", desk.manifest([{"portrait": "no.png", "prompt": "x"}]).name, **environ)
    done = desk.s2v("run", desk.manifest(["bad [1026]"]), **environ)

    assert "::error file=m.yaml,line=9,col=13::items[0].portrait: portrait 'no.png' not found" in bad.err
    assert "::error title=s2v%3A 1 failed::1026 mood 1026 (a)" in done.err
    assert summary.read_text().startswith("# try")


def test_github_is_shown_a_file_by_its_place_in_the_repository(desk: Desk) -> None:
    (desk.folder / "sets").mkdir()
    desk.manifest([{"portrait": "no.png", "prompt": "x"}], "sets/m.yaml")
    at_github = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(desk.folder)}

    inside = desk.in_shell("cd sets && s2v check m.yaml", **at_github)
    outside = desk.in_shell("cd sets && s2v check m.yaml", **at_github | {"GITHUB_WORKSPACE": "/nowhere"})

    assert "sets/m.yaml:9:13: items" not in inside.err
    assert "\nm.yaml:9:13: items" in f"\n{inside.err}"
    assert "::error file=sets/m.yaml,line=9,col=13::items" in inside.err
    assert "::error file=m.yaml,line=9,col=13::items" in outside.err


def test_a_step_summary_that_cannot_be_written_is_told_and_fails_nothing(desk: Desk) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(desk.folder)}

    done = desk.s2v("run", desk.manifest(["fine"]), **environ)

    assert done.code == 0
    assert f"the step's summary was not written to {desk.folder}: Is a directory" in done.err


def test_schemas_are_printed_byte_for_byte(desk: Desk) -> None:
    for name in ("manifest", "report", "results", "sidecar", "journal", "check", "resolve"):
        published = (ROOT / "schemas" / f"{name}.schema.json").read_text()
        assert desk.s2v("schema", name).out == published


@pytest.mark.skipif(find_spec("c2pa") is not None, reason="the extra `provenance` is installed")
def test_content_credentials_without_their_extra_say_what_to_install(desk: Desk) -> None:
    done = desk.s2v("provenance", "verify", "a.mp4")

    assert (done.code, done.err) == (8, "s2v: content credentials need c2pa: pip install 's2v-runner[provenance]'\n")


def test_providers_are_told_with_a_source_for_every_fact(desk: Desk) -> None:
    told = desk.s2v("providers", "--json").document

    assert {"local", "minimax", "vapi", "ai302", "modellix"} <= set(told)
    facts = [fact for traits in told.values() for fact in traits.values()]
    assert all(fact["source"] and fact["mark"] for fact in facts)
    assert desk.s2v("providers").code == 0


def test_a_doubt_ends_by_adopting_the_job(desk: Desk) -> None:
    manifest = desk.manifest(["whole", "lost [500]"])
    desk.s2v("run", manifest)
    ledger = httpx.get(f"{desk.url}/ledger", trust_env=False).json()["jobs"]
    (job,) = [each["job_id"] for each in ledger if each["prompt"] == f"lost [500]{desk.mark}"]

    settled = desk.s2v("resolve", manifest, "b", "--job", job)

    assert settled.out.startswith(f"b: job {job} is adopted; it is collected, and nothing is bought")
    assert desk.s2v("run", manifest).code == 0
    assert len(desk.submits) == 2
    assert desk.videos() == ["a.mp4", "b.mp4"]


def test_whoever_names_a_job_is_told_when_a_wrong_one_shows_and_how_to_name_another(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]"])
    desk.s2v("run", manifest)
    until = "is asked after for up to 15 min, then the item is in doubt again"
    told = f"one that minimax does not know {until}; to name another: s2v resolve m.yaml a --job JOB\n"

    assert told in desk.s2v("resolve", "m.yaml", "a", "--job", "77").out
    assert told in desk.s2v("resolve", "m.yaml", "a", "--job", "78").out


def test_one_job_is_never_two_items(desk: Desk) -> None:
    manifest = desk.manifest(["whole", "lost [500]"])
    desk.s2v("run", manifest)
    job = desk.results()["a"]["job_id"]

    done = desk.s2v("resolve", manifest, "b", "--job", job)

    assert done.code == 2
    assert f"job {job} is that of 'a' already" in done.err


def test_a_doubt_is_not_settled_by_the_job_of_an_earlier_request(shop: Desk, counter: Counter) -> None:
    def fail(talk: Talk) -> None:
        talk.answer_json({"task_id": first, "status": "Fail"}, 1027, "output new_sensitive")

    def lose(talk: Talk) -> None:
        counter.charge(talk.prompt)
        talk.reset()

    first, manifest = "job-0001-x", shop.manifest(["one"])
    counter.trap("poll", "one", fail)
    counter.trap("submit", "one", Talk.be_honest, lose)
    assert [shop.s2v("run", manifest).code, shop.s2v("retry", manifest, "a", "--yes").code] == [5, 6]

    refused = shop.s2v("resolve", manifest, "a", "--job", first)
    settled = shop.s2v("resolve", manifest, "a", "--job", "job-0002-x")

    assert refused.code == 2, refused.out
    assert f"job {first} is that of an earlier request of 'a' already; one job makes one video" in refused.err
    assert settled.code == shop.s2v("run", manifest).code == 0, settled.err
    assert shop.results()["a"]["job_id"] == "job-0002-x"
    assert counter.submits() == ["one", "one"]


def test_two_providers_may_give_two_jobs_one_name(desk: Desk) -> None:
    manifest = desk.manifest(["whole", "lost [500]"])
    desk.s2v("run", manifest)
    with Journal.create_or_open(desk.folder / "runs/try") as book:
        (key,) = book.keys_in([Phase.IN_DOUBT])
        intent = Intended(attempt=2, provider="vapi", price=None, idempotency_key=None)
        stamped = Stamped(at=2e9, event=intent)
        book.write(key, [stamped], index_of(fold([*book.history(key), stamped])))

    done = desk.s2v("resolve", manifest, "b", "--job", desk.results()["a"]["job_id"])

    assert (done.code, done.err) == (0, "")


def test_a_folder_whose_first_run_died_at_birth_is_no_bug(desk: Desk) -> None:
    folder = desk.folder / "runs/try"
    folder.mkdir(parents=True)
    with Journal.create_or_open(folder):
        pass

    assert desk.s2v("status", desk.manifest(["one"])).code == 3
    assert desk.s2v("run", "m.yaml").code == 0


def test_report_prints_one_paper_or_writes_all(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    report = desk.folder / "runs/try/report.json"
    before = report.read_bytes()
    report.unlink()

    assert json.loads(desk.s2v("report", "runs/try", "--print", "report.json").out) == json.loads(before)
    assert not report.exists()
    assert desk.s2v("report", "runs/try").code == 0
    assert report.read_bytes() == before


def test_results_match_their_schemas(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "bad [1026]", "lost [500]"]))
    folder = desk.folder / "runs/try"
    schemas = {
        name: json.loads(Path(ROOT / "schemas" / f"{name}.schema.json").read_text()) for name in ("results", "report")
    }

    for row in desk.results().values():
        jsonschema.validate(row, schemas["results"])
    jsonschema.validate(json.loads((folder / "report.json").read_text()), schemas["report"])
