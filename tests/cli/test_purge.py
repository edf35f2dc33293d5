"""A person is removed from a run folder: nothing of them is left in any byte of it, and the books stay as they were."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contents import contents
from desk import Desk
from watched_journal import WatchedJournal

from runner.cli.plan import barring
from runner.cli.purge import purging
from runner.edge.disk.lock import held
from runner.edge.journal.journal import Journal
from runner.service.order import Account, Order
from runner.service.store import Store, open_store
from runner.service.terms import Terms

HERS = ("unmistakable-words", "a-tag-of-hers", "consent-of-hers", "her-portrait")
"""What stands in the manifest about her, and must be nowhere after the purge."""


def wanted(desk: Desk, *, hers: bool = True, prompt: str = "unmistakable-words") -> list[dict[str, Any]]:
    his = {"id": "his", "portrait": "his.png", "prompt": f"He waves.{desk.mark}"}
    said = {"tags": ["a-tag-of-hers"], "metadata": {"consent": "consent-of-hers"}}
    her = {"id": "hers", "portrait": "her-portrait.png", "prompt": prompt + desk.mark, **said}
    return [his, her] if hers else [his]


def two_people(desk: Desk, *, hers: bool = True, **keys: Any) -> Path:
    desk.portrait("her-portrait.png", "teal")
    desk.portrait("his.png", "olive")
    return desk.manifest(wanted(desk, hers=hers), **keys)


def digest_of_hers(desk: Desk) -> str:
    return hashlib.sha256((desk.folder / "her-portrait.png").read_bytes()).hexdigest()


def hold(folder: Path, *words: str) -> Iterator[str]:
    """Give every file of a folder that has one of these words, or a half of them in two bytes each, in its bytes."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        yield from (f"{path.relative_to(folder)}: {word}" for word in words if word.encode() in content)


def names(desk: Desk, *folders: str) -> list[str]:
    return sorted(path.name for each in folders for path in (desk.folder / "runs/try" / each).glob("*"))


def test_nothing_that_tells_of_a_person_is_left_in_any_byte_and_the_books_stay(desk: Desk) -> None:
    manifest = two_people(desk)
    assert desk.s2v("run", manifest).code == 0
    before = desk.s2v("status", manifest, "--json").document["summary"]
    video = (desk.folder / "runs/try/videos/hers.mp4").read_bytes()
    assert {line.partition(": ")[2] for line in hold(desk.folder / "runs", *HERS)} == set(HERS)

    done = desk.s2v("purge", manifest, "--portrait", "her-portrait.png", "--yes")

    assert done.code == 0, done.err
    assert "purged: 1 item emptied, 3 files removed" in done.out
    assert [*hold(desk.folder / "runs", *HERS)] == []
    assert not any(video in path.read_bytes() for path in (desk.folder / "runs").rglob("*") if path.is_file())
    assert (names(desk, "videos"), len(names(desk, "thumbs"))) == (["his.json", "his.mp4"], 1)
    after = desk.s2v("status", manifest, "--json").document["summary"]
    assert (after["bought"], after["spent"], after["kept"]) == (2, before["spent"], 1)
    row = desk.results()["hers"]
    assert (row["state"], row["reason"], row["lost"]) == ("skipped", "removed by s2v purge", 1)
    assert (row["prompt"], row["tags"], row["metadata"], row["portrait"]) == (None, [], {}, "")
    assert (row["portrait_sha256"], row["sha256"]) == (digest_of_hers(desk), hashlib.sha256(video).hexdigest())
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    assert "purged: the video is gone" in desk.s2v("explain", "runs/try", "hers").out


def test_a_purged_person_is_refused_until_that_is_lifted_and_nothing_is_bought_twice(desk: Desk) -> None:
    manifest = two_people(desk)
    desk.s2v("run", manifest)
    desk.s2v("purge", manifest, "--portrait", digest_of_hers(desk), "--yes")

    refused = desk.s2v("run", manifest)
    others = desk.manifest(wanted(desk, prompt="other words"))
    again = [desk.s2v(command, others).code for command in ("run", "plan", "retry", "fetch")]

    assert refused.code == 3
    assert "m.yaml:" in refused.err
    assert "this person was purged from runs/try on 20" in refused.err
    assert f"s2v purge runs/try --portrait {digest_of_hers(desk)} --lift" in refused.err
    assert again == [3, 3, 3, 3]
    assert desk.s2v("run", two_people(desk, hers=False)).code == 0
    assert desk.s2v("run", "runs/try").code == 0
    assert sorted(desk.submits) == ["He waves.", "unmistakable-words"]

    lifted = desk.s2v("purge", "runs/try", "--portrait", "her-portrait.png", "--lift")

    assert "1 item may be bought again, for money" in lifted.out
    assert desk.s2v("run", two_people(desk)).code == 0
    assert sorted(desk.submits) == ["He waves.", "unmistakable-words", "unmistakable-words"]
    row = desk.results()["hers"]
    assert (row["state"], row["bought"], row["prompt"]) == ("done", 2, f"unmistakable-words{desk.mark}")
    assert desk.s2v("verify", "runs/try", "--journal").code == 0


def test_every_place_where_a_video_may_lie_is_emptied_and_those_of_others_stay(desk: Desk) -> None:
    """One of hers waits, one was rejected, one left the manifest, one is half here; he has the same of his own."""
    desk.portrait("her-portrait.png", "teal")
    desk.portrait("his.png", "olive")
    short: dict[str, Any] = {"min_seconds": 1}
    pairs = [("hers", "her-portrait.png"), ("his", "his.png")]
    items = [
        {"id": f"{who}-{end}", "portrait": portrait, "prompt": f"{end}{desk.mark}"}
        for who, portrait in pairs
        for end in ("waits", "rejected", "leaves")
    ]
    manifest = desk.manifest(items, checks=short)
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--keep", "hers-leaves", "his-leaves", "--reject", "hers-rejected", "his-rejected")
    desk.manifest([item for item in items if "leaves" not in item["id"]], checks=short)
    desk.s2v("run", manifest)
    places = ("videos", "review", "rejected", "superseded", ".partial")
    key = next(key for key, _ in desk.events())
    (desk.folder / f"runs/try/.partial/{key}.4711.part").write_bytes(b"half a video")
    (desk.folder / "runs/try/signed").mkdir()
    (desk.folder / "runs/try/signed/hers-waits.mp4").write_bytes(b"a signed copy")
    assert len(names(desk, *places)) == 13

    done = desk.s2v("purge", "runs/try", "--portrait", "her-portrait.png", "--yes")

    assert done.code == 0, done.err
    assert [name.rpartition("-")[0] if name.count("-") > 1 else name for name in names(desk, *places)] == [
        "his-leaves", "his-leaves", "his-rejected", "his-rejected", "his-waits.json", "his-waits.mp4",
    ]  # fmt: skip
    assert names(desk, "signed") == []


def test_the_embedded_service_forgets_orders_portrait_and_films(desk: Desk) -> None:
    manifest = two_people(desk)
    desk.s2v("run", manifest)
    local = desk.folder / "runs/try/.local"
    with open_store(local) as store:
        tasks = [ordered(store, desk.folder / name) for name in ("her-portrait.png", "his.png")]
    (local / "videos").mkdir()
    for task in tasks:
        (local / f"videos/{task}.mp4").write_bytes(b"film")

    done = desk.s2v("purge", manifest, "--portrait", "her-portrait.png", "--yes")

    assert done.code == 0, done.err
    assert [path.name for path in (local / "videos").iterdir()] == [f"{tasks[1]}.mp4"]
    assert [*hold(desk.folder / "runs", *HERS)] == []
    assert [*hold(local, digest_of_hers(desk))] == []
    with open_store(local) as store:
        assert [each.task_id for each in store.submissions(None)] == tasks[1:]


def ordered(store: Store, portrait: Path) -> str:
    """Order a film of a portrait, as a run with `provider: local` does."""
    content = portrait.read_bytes()
    order = Order(
        portrait=content, portrait_sha256=hashlib.sha256(content).hexdigest(), prompt=f"{portrait.stem} smiles",
        prompt_optimizer=True, seed=None,
    )  # fmt: skip
    return store.accept(order, Account(dialect="minimax", key=""), key=None, terms=Terms(), now=1.0)


@pytest.mark.parametrize(
    ("form", "flags"),
    [
        ("videofolder", ["--split", "train=0.5,test=0.5"]),
        ("webdataset", ["--shard-size", "1MB", "--copy"]),
    ],
    ids=["videofolder", "webdataset"],
)
def test_an_export_is_made_anew_as_if_the_person_had_never_been_in_it(desk: Desk, form: str, flags: list[str]) -> None:
    manifest = two_people(desk)
    desk.s2v("run", manifest)
    made = desk.s2v("export", manifest, "--to", form, "--out", "set", *flags)
    assert made.code == 0, made.err
    sha256 = desk.results()["hers"]["sha256"]

    done = desk.s2v("purge", manifest, "--portrait", "her-portrait.png", "--export", "set", "--yes")

    assert done.code == 0, done.err
    assert "another link" not in done.err
    assert [*hold(desk.folder / "set", *HERS, "hers")] == []
    assert json.loads((desk.folder / "set/export.json").read_text())["tombstones"] == [sha256]
    desk.s2v("export", "runs/try", "--to", form, "--out", "fresh", *flags)
    assert contents(desk.folder / "set") == contents(desk.folder / "fresh")


def test_an_export_that_nobody_named_is_noticed_and_one_of_nobody_else_is_left_empty(desk: Desk) -> None:
    manifest = two_people(desk)
    desk.s2v("run", manifest)
    desk.s2v("export", manifest, "--to", "videofolder", "--out", "set")

    first = desk.s2v("purge", manifest, "--portrait", "her-portrait.png", "--yes")
    second = desk.s2v("purge", manifest, "--portrait", "his.png", "--export", "set", "--yes")

    assert "1 video had another link: an export that was not named?" in first.err
    assert second.code == 0, second.err
    assert sorted(contents(desk.folder / "set")) == ["README.md", "export.json"]
    assert len(json.loads((desk.folder / "set/export.json").read_text())["tombstones"]) == 2


class Died(BaseException):
    """The process died here."""


def cut_off_purge(folder: Path, portrait: str, at: int) -> None:
    """Begin a purge, and die at one of its steps: a removal, a file that is written, a commit behind the first."""
    with held(folder), WatchedJournal.create_or_open(folder) as book:
        purging.begin(book, portrait, [], 9.0)
        left = [at]

        def dies() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Died

        book.passes = dies
        with pytest.raises(Died):
            purging.finish(folder, book)


@pytest.mark.parametrize("at", range(6), ids=str)
@pytest.mark.parametrize("goes_on", ["purge", "run"])
def test_a_purge_that_dies_anywhere_is_finished_by_the_next_purge_or_run(desk: Desk, at: int, goes_on: str) -> None:
    """Dies at each removal and each file that is written, once the facts are written."""
    manifest = two_people(desk)
    desk.s2v("run", manifest)
    folder = desk.folder / "runs/try"
    cut_off_purge(folder, digest_of_hers(desk), at)
    cut_off = desk.s2v("verify", "runs/try")
    two_people(desk, hers=False)

    words = ["--portrait", digest_of_hers(desk), "--yes"] if goes_on == "purge" else []
    done = desk.s2v(goes_on, "runs/try", *words)

    assert (cut_off.code, "was cut off" in cut_off.err) == (9, True)
    assert done.code == 0, done.err
    assert [*hold(desk.folder / "runs", *HERS)] == []
    assert names(desk, "videos") == ["his.json", "his.mp4"]
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    assert len(desk.submits) == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--portrait", "nobody.png", "--yes"], 2, "expected a file, an http(s) URL, or the SHA-256"),
        (["--portrait", "her-portrait.png"], 2, "a purge cannot be undone: add --yes"),
        (["--portrait", "her-portrait.png", "--lift"], 2, "was not purged from runs/try"),
        (["--portrait", "her-portrait.png", "--yes", "--export", "."], 2, "is no export: it has no export.json"),
        (["--portrait", "her-portrait.png", "--yes", "--export", "set"], 2, "set does not exist; name a folder that"),
        (["--portrait", "her-portrait.png", "--dry-run"], 0, ""),
    ],
    ids=["nobody", "not agreed", "not purged", "no export", "no folder", "dry run"],
)
def test_what_is_not_meant_changes_nothing(desk: Desk, words: list[str], code: int, told: str) -> None:
    manifest = two_people(desk)
    desk.s2v("run", manifest)
    before = desk.events()

    done = desk.s2v("purge", manifest, *words)

    assert (done.code, told in done.err) == (code, True), done.err
    assert (desk.events(), len(names(desk, "videos"))) == (before, 4)


def test_a_purge_waits_for_no_run_and_refuses_while_one_holds_the_folder(desk: Desk) -> None:
    manifest = two_people(desk)
    desk.s2v("run", manifest)

    with held(desk.folder / "runs/try"):
        told = desk.s2v("purge", manifest, "--portrait", "her-portrait.png", "--dry-run")
        done = desk.s2v("purge", manifest, "--portrait", "her-portrait.png", "--yes")

    assert (told.code, "a purge is refused until that has ended" in told.err) == (0, True)
    assert done.code == 9
    assert len(names(desk, "videos")) == 4


def test_a_person_is_removed_by_a_command_that_is_typed_in_the_run_folder_itself(desk: Desk) -> None:
    desk.s2v("run", two_people(desk))

    done = desk.in_shell("cd runs/try && s2v", "purge", ".", "--portrait", digest_of_hers(desk), "--yes")

    assert (done.code, names(desk, "videos")) == (0, ["his.json", "his.mp4"]), done.err


def test_a_merge_brings_nobody_back_and_shards_that_are_purged_alike_come_together(desk: Desk) -> None:
    manifest = two_people(desk)
    shards = [f"runs/try.shard-{n}of2" for n in (1, 2)]
    for n in (1, 2):
        desk.s2v("run", manifest, "--shard", f"{n}/2")
    words = ["--portrait", "her-portrait.png", "--yes"]
    assert desk.s2v("merge", "runs/try", *shards).code == 0
    assert desk.s2v("purge", "runs/try", *words).code == 0

    refused = desk.s2v("merge", "runs/try", *shards)
    for shard in shards:
        assert desk.s2v("purge", shard, *words).code == 0
    merged = desk.s2v("merge", "runs/try", *shards)
    anew = desk.s2v("merge", "runs/anew", *shards)

    assert refused.code == 9
    assert "a person was purged from runs/try and not from runs/try.shard-" in refused.err
    assert (merged.code, anew.code) == (0, 0), merged.err + anew.err
    assert [*hold(desk.folder / "runs", *HERS)] == []
    assert desk.s2v("verify", "runs/anew", "--journal").code == 0
    with Journal.read(desk.folder / "runs/anew") as book:
        assert [*barring.barred(book.header)] == [digest_of_hers(desk)]


def test_a_portrait_that_stands_in_the_manifest_itself_is_named_by_its_url(desk: Desk) -> None:
    url = f"data:image/png;base64,{base64.b64encode(desk.portrait().read_bytes()).decode()}"
    manifest = desk.manifest([{"id": "hers", "portrait": url, "prompt": f"one{desk.mark}"}])
    assert desk.s2v("run", manifest).code == 0

    done = desk.s2v("purge", manifest, "--portrait", url, "--dry-run")
    broken = desk.s2v("purge", manifest, "--portrait", "data:image/png;base64,%%%", "--dry-run")

    assert (done.code, ": 1 item\n  hers: done\n" in done.out) == (0, True), done.err
    assert (broken.code, broken.out) == (2, "")
    assert "--portrait: portrait data URL" in broken.err


def test_the_story_of_who_was_purged_says_so_where_words_are_gone_and_ends_no_sentence_in_the_middle(
    desk: Desk,
) -> None:
    manifest = desk.manifest(["one"], checks={"min_seconds": 60})
    desk.s2v("run", manifest)
    desk.s2v("purge", manifest, "--portrait", "anna.png", "--yes")

    told = desk.s2v("explain", "runs/try", "a").out

    assert "  portrait  purged (sha256 " in told
    assert "  prompt    purged\n" in told
    assert "  checked, and did not pass; it waits in review/ for you\n" in told


def test_the_story_of_who_was_purged_does_not_say_that_the_provider_told_no_status(desk: Desk) -> None:
    manifest = desk.manifest(["slow [slow]"], limits={"item_deadline": "200ms"})
    desk.s2v("run", manifest)
    before = desk.s2v("explain", "runs/try", "a").out
    desk.s2v("purge", manifest, "--portrait", "anna.png", "--yes")

    told = desk.s2v("explain", "runs/try", "a").out

    assert "  the provider says Processing\n" in before
    assert "  the provider says that the job is not over\n" in told
