"""A purge takes ids and names that were made of a portrait's name and a prompt; those that a user gave stay."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from contents import contents
from desk import Desk
from test_purge import cut_off_purge, hold

from runner.cli.purge import purging
from runner.core.life.lifecycle import fold
from runner.core.life.state import index_of
from runner.edge.disk.lock import held
from runner.edge.journal.header import PURGING
from runner.edge.journal.journal import Journal
from runner.events import Doubted, Event, Intended, Requeued, Stamped

HERS = "maria-gonzalez.png"
WORDS = ("maria", "gonzalez", "cancer", "rosa")
"""What the derived ids of hers say."""
SAID = "She has cancer and smiles."


def items(desk: Desk, portrait: str = HERS, **keys: Any) -> list[dict[str, Any]]:
    """Return what she is asked for, without an id, and what he is, with one."""
    desk.portrait(portrait, "teal")
    desk.portrait("his.png", "olive")
    his = {"id": "his", "portrait": "his.png", "prompt": f"He waves.{desk.mark}"}
    return [{"portrait": portrait, "prompt": SAID + desk.mark, **keys}, his]


def without_her(desk: Desk) -> Path:
    return desk.manifest(items(desk)[1:])


def digest(desk: Desk) -> str:
    return hashlib.sha256((desk.folder / HERS).read_bytes()).hexdigest()


def purge(desk: Desk, *more: str, folder: str = "runs/try") -> Any:
    return desk.s2v("purge", folder, "--portrait", digest(desk), *more)


def rows(desk: Desk, folder: str = "runs/try") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (desk.folder / folder / "results.jsonl").read_text().splitlines()]


def untold(desk: Desk, folder: str = "runs/try") -> list[str]:
    """Return the ids that her items are to have."""
    return sorted(f"purged-{row['key'][:12]}" for row in rows(desk, folder) if row["portrait_sha256"] == digest(desk))


def test_no_byte_of_the_folder_or_of_an_export_has_the_portraits_name_or_the_prompts_words(desk: Desk) -> None:
    """The portrait had another name before, and another pattern made the names of the videos."""
    desk.s2v("run", desk.manifest(items(desk, "rosa.png", takes=2), output={"dir": "runs/try", "name": "v-{id}.mp4"}))
    manifest = desk.manifest(items(desk, takes=2))
    assert desk.s2v("run", manifest).code == 0
    desk.s2v("export", manifest, "--to", "videofolder", "--out", "set")
    spent = desk.s2v("status", manifest, "--json").document["summary"]["spent"]
    assert {line.rpartition(": ")[2] for line in hold(desk.folder / "runs", *WORDS)} == {*WORDS}

    done = purge(desk, "--export", "set", "--yes")

    assert done.code == 0, done.err
    assert "  ids     2 were made of the portrait's name and the prompt, and become purged-...\n" in done.out
    assert [*hold(desk.folder / "runs", *WORDS), *hold(desk.folder / "set", *WORDS)] == []
    assert [path.name for path in (desk.folder / "runs").rglob("*") if any(word in path.name for word in WORDS)] == []
    assert sorted(row["id"] for row in rows(desk)) == ["his", *untold(desk)]
    assert desk.s2v("status", "runs/try", "--json").document["summary"]["spent"] == spent
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    told = desk.s2v("explain", "runs/try", untold(desk)[0]).out
    assert "stands in the manifest, take " in told
    assert "under an id that a purge took away" in told
    assert desk.s2v("run", without_her(desk)).code == 0
    assert [*hold(desk.folder / "runs", *WORDS)] == []
    assert len(desk.submits) == 3


def test_an_id_that_a_user_gave_stays_and_so_does_the_name_of_its_video(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([*items(desk, id="p7"), {"portrait": HERS, "prompt": f"She winks.{desk.mark}"}]))
    former = next(row["id"] for row in rows(desk) if row["id"] not in {"p7", "his"})
    desk.s2v("run", desk.manifest([*items(desk), {"portrait": HERS, "prompt": f"She winks.{desk.mark}", "id": "p8"}]))

    told, done, again = purge(desk, "--dry-run"), purge(desk, "--yes"), purge(desk, "--yes")

    assert former not in told.out
    assert done.out.startswith(told.out.removesuffix("nothing was changed\n"))
    assert "  ids     2 were made" in done.out
    assert "  ids  " not in again.out
    assert [*hold(desk.folder / "runs", *WORDS, "winks")] == []
    (hers,) = (row["id"] for row in rows(desk) if row["id"] not in {"p8", "his"})
    assert hers in untold(desk)


def test_a_doubt_about_somebody_else_names_her_no_more_by_words(desk: Desk) -> None:
    """A provider named her job in the receipt of his request; she has a second take, whose id begins as the first."""
    desk.s2v("run", desk.manifest(items(desk, takes=2)))
    folder = desk.folder / "runs/try"
    ids = {row["take"]: row["id"] for row in rows(desk) if row["id"] != "his"}
    (his,) = (row["key"] for row in rows(desk) if row["id"] == "his")
    intended = Intended(attempt=2, provider="minimax", price=None, idempotency_key=None)
    words = [f"the answer names job 1: that of '{id_}' already; one job makes one video" for id_ in ids.values()]
    with held(folder), Journal.create_or_open(folder) as book:
        facts: list[Event] = [Requeued(by="retry"), intended, *(Doubted(reason=each) for each in words)]
        stamped = [Stamped(at=book.not_before(his, 0.0), event=fact) for fact in facts]
        state = fold([*book.history(his), *stamped])
        book.write(his, stamped, index_of(state))

    assert purge(desk, "--yes").code == 0

    assert [*hold(folder, *WORDS)] == []
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    told = desk.s2v("explain", "runs/try", "his").out
    assert all(f"that of '{id_}' already" in told for id_ in untold(desk))


@pytest.mark.parametrize("at", range(14), ids=str)
@pytest.mark.parametrize("goes_on", ["purge", "run"])
def test_a_purge_that_dies_anywhere_leaves_no_name_when_it_is_finished(desk: Desk, at: int, goes_on: str) -> None:
    """Dies at each removal, each file that is written and each commit, once the first one is made."""
    desk.s2v("run", desk.manifest(items(desk)))
    folder = desk.folder / "runs/try"
    cut_off_purge(folder, digest(desk), at)
    without_her(desk)

    done = purge(desk, "--yes") if goes_on == "purge" else desk.s2v("run", "runs/try")

    assert done.code == 0, done.err
    assert [*hold(desk.folder / "runs", *WORDS)] == []
    assert desk.videos() == ["his.mp4"]
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    assert len(desk.submits) == 2


def shards(desk: Desk) -> list[str]:
    """Run two shards of many takes; return the folder that has no first one of hers behind the one that has."""
    manifest, folders = desk.manifest(items(desk, takes=8)), [f"runs/try.shard-{n}of2" for n in (1, 2)]
    for n in (1, 2):
        assert desk.s2v("run", manifest, "--shard", f"{n}/2").code == 0
    takes = {folder: {row["take"] for row in rows(desk, folder) if row["id"] != "his"} for folder in folders}
    assert all(takes.values())
    return sorted(folders, key=lambda folder: 1 not in takes[folder])


def test_shards_are_purged_alike_and_come_together_without_the_names(desk: Desk) -> None:
    folders = shards(desk)
    desk.s2v("merge", "runs/try", *folders)

    for folder in ("runs/try", *folders):
        assert purge(desk, "--yes", folder=folder).code == 0
        assert [*hold(desk.folder / folder, *WORDS)] == []
    merged = desk.s2v("merge", "runs/try", *folders)
    anew = desk.s2v("merge", "runs/anew", *folders)

    assert (merged.code, anew.code) == (0, 0), merged.err + anew.err
    assert [*hold(desk.folder / "runs", *WORDS)] == []
    assert desk.s2v("verify", "runs/anew", "--journal").code == 0


def test_a_further_take_loses_its_name_though_the_purge_died_when_the_prompt_was_gone(desk: Desk) -> None:
    """Its id ends as that of the first take, which only the other shard has."""
    _, folder = shards(desk)
    with held(desk.folder / folder), Journal.create_or_open(desk.folder / folder) as book:
        purging.begin(book, digest(desk), [], 9.0)

    assert purge(desk, "--yes", folder=folder).code == 0
    assert [*hold(desk.folder / folder, *WORDS)] == []


def test_a_folder_that_an_older_purge_left_with_such_ids_is_mended_by_another_one(desk: Desk) -> None:
    """That one had emptied the facts, taken the files and come to its end."""
    desk.s2v("run", desk.manifest(items(desk, takes=2)))
    folder = desk.folder / "runs/try"
    with held(folder), Journal.create_or_open(folder) as book:
        purging.begin(book, digest(desk), [], 9.0)
        book.set_header(**{PURGING: ""})

    done = purge(desk, "--yes")

    assert done.code == 0, done.err
    assert "0 items, 2 purged before" in done.out
    assert "  ids     2 were made" in done.out
    assert [*hold(folder, *WORDS)] == []


def test_what_is_lifted_and_planned_again_has_its_id_again_and_loses_it_again(desk: Desk) -> None:
    manifest = desk.manifest(items(desk))
    desk.s2v("run", manifest)
    before = sorted(row["id"] for row in rows(desk))
    purge(desk, "--yes")
    desk.s2v("run", without_her(desk))

    lifted = purge(desk, "--lift")
    manifest = desk.manifest(items(desk))
    planned = desk.s2v("plan", manifest)
    run = desk.s2v("run", manifest)
    after, videos = sorted(row["id"] for row in rows(desk)), contents(desk.folder / "runs/try/videos")
    again = purge(desk, "--yes")

    assert (lifted.code, planned.code, run.code, again.code) == (0, 0, 0, 0), run.err + again.err
    assert after == before
    assert {f"{id_}.mp4" for id_ in before} <= videos.keys()
    assert desk.submits.count(SAID) == 2
    assert [*hold(desk.folder / "runs", *WORDS)] == []
    assert sorted(contents(desk.folder / "runs/try/videos")) == ["his.json", "his.mp4"]
