"""How far a purge reaches: to what a crash or another name hides of a person, and to nothing of anybody else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from typing import Any

import pytest
from contents import contents
from desk import Desk
from watched_journal import WatchedJournal

from runner.cli.plan import barring
from runner.cli.purge import purging
from runner.edge.disk.digest import digest_of
from runner.edge.disk.lock import held
from runner.edge.folder.places import KEY
from runner.edge.journal.journal import Journal
from runner.service.order import Account, Order
from runner.service.store import open_store
from runner.service.terms import Terms

SHORT: dict[str, Any] = {"min_seconds": 1}


def item(desk: Desk, id_: str, who: str, prompt: str = "one", **keys: Any) -> dict[str, Any]:
    if not (desk.folder / f"{who}.png").exists():
        desk.portrait(f"{who}.png", {"her": "teal", "his": "olive"}[who])
    return {"id": id_, "portrait": f"{who}.png", "prompt": prompt + desk.mark, **keys}


def purge(desk: Desk, *more: str) -> Any:
    return desk.s2v("purge", "runs/try", "--portrait", "her.png", *more)


@pytest.mark.parametrize("end", ["superseded", "rejected"])
def test_what_somebody_else_has_set_aside_under_a_name_that_became_hers_stays(desk: Desk, end: str) -> None:
    checks: dict[str, Any] = {"checks": SHORT} if end == "rejected" else {}
    desk.s2v("run", desk.manifest([item(desk, "x", "his")], **checks))
    if end == "rejected":
        desk.s2v("review", "runs/try", "--reject", "x")
    desk.s2v("run", desk.manifest([item(desk, "x", "her")], **checks))
    his = contents(desk.folder / "runs/try" / end)
    assert len(his) == 2

    done = purge(desk, "--yes")

    assert "1 item emptied, 3 files removed" in done.out, done.err
    assert contents(desk.folder / "runs/try" / end) == his


def test_what_was_set_aside_of_hers_goes_by_its_sidecar_its_digest_or_a_name_of_nobody_else(desk: Desk) -> None:
    """Without a sidecar his goes by the journal: its digest is that of a video which was his."""
    desk.s2v("run", desk.manifest([item(desk, "x", "his")], checks=SHORT))
    desk.s2v("review", "runs/try", "--reject", "x")
    desk.s2v("run", desk.manifest([item(desk, "x", "her")], checks=SHORT))
    folder = desk.folder / "runs/try"
    (his,) = (folder / "rejected").glob("*.mp4")
    his.with_suffix(".json").unlink()
    hers = (folder / "review/x.mp4").read_bytes()
    (folder / "superseded").mkdir(exist_ok=True)
    for name, content in (("x", hers), ("x", b"hers, damaged")):
        (folder / f"superseded/{name}-{hashlib.sha256(content).hexdigest()[:12]}.mp4").write_bytes(content)

    purge(desk, "--yes")

    assert [path.name for place in ("rejected", "superseded") for path in (folder / place).iterdir()] == [his.name]


def test_a_video_that_had_its_new_name_before_the_journal_knew_goes_too(desk: Desk) -> None:
    """A rename moves the video first; his own one, which lies in the same place, stays."""
    desk.s2v("run", desk.manifest([item(desk, "x", "her"), item(desk, "v", "her", "two"), item(desk, "his", "his")]))
    videos = desk.folder / "runs/try/videos"
    (videos / "x.mp4").rename(videos / "z.mp4")
    (videos / "x.json").rename(videos / "z.json")
    (videos / "v.mp4").rename(videos / "w.mp4")
    shutil.copy(videos / "his.mp4", videos / "copy.mp4")

    told, done = purge(desk, "--dry-run"), purge(desk, "--yes")

    assert ("  files   5 in the run folder\n" in told.out, "5 files removed" in done.out) == (True, True), done.out
    assert sorted(contents(videos)) == ["copy.mp4", "his.json", "his.mp4"]


@pytest.mark.parametrize(
    "left",
    [".report.html.77.part", "videos/.x.json.77.part", "superseded/.x.json.77.part", ".partial/state.db.part",
     ".partial/fetch-1/video.mp4", "signed/.x.77.part.mp4", "ray.log"],
)  # fmt: skip
def test_nothing_stays_that_a_killed_process_left_half_written(desk: Desk, left: str) -> None:
    desk.s2v("run", desk.manifest([item(desk, "x", "her"), item(desk, "his", "his")]))
    path = desk.folder / "runs/try" / left
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"words of hers")

    assert purge(desk, "--yes").code == 0
    assert not path.exists()


def test_nothing_stays_of_a_film_that_the_service_was_drawing_when_it_was_killed(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "x", "her")]))
    local, content = desk.folder / "runs/try/.local", (desk.folder / "her.png").read_bytes()
    order = Order(
        portrait=content, portrait_sha256=hashlib.sha256(content).hexdigest(), prompt=None, prompt_optimizer=True,
        seed=None,
    )  # fmt: skip
    with open_store(local) as store:
        store.accept(order, Account(dialect="minimax", key=""), key=None, terms=Terms(), now=1.0)
    (local / "videos/draw-1").mkdir(parents=True)
    (local / "videos/draw-1/frames").write_bytes(b"half a film of hers")

    assert purge(desk, "--yes").code == 0
    assert [*(local / "videos").iterdir()] == []


def test_an_export_that_cannot_be_made_anew_keeps_nobody_in_the_run_folder_and_holds_up_no_run(desk: Desk) -> None:
    hers = item(desk, "hers", "her", "unmistakable-words")
    desk.s2v("run", desk.manifest([item(desk, "his", "his"), hers]))
    desk.s2v("export", "runs/try", "--to", "videofolder", "--out", "set")
    (stray := desk.folder / "set/videos/note.txt").write_text("of somebody")

    done = purge(desk, "--export", "set", "--yes")
    run = desk.s2v("run", desk.manifest([item(desk, "his", "his")]))

    assert done.code == 5
    assert f"{desk.folder}/set may still show who was purged" in done.err
    assert "note.txt: move them away" in done.err
    assert "all else is purged" in done.err
    assert sorted(contents(desk.folder / "runs/try/videos")) == ["his.json", "his.mp4"]
    assert not any(b"unmistakable" in content for content in contents(desk.folder / "runs/try").values())
    assert (run.code, "the next run makes it anew" in run.err) == (0, True), run.err
    assert desk.s2v("verify", "runs/try").code == 0
    stray.unlink()
    assert "finished a purge of runs/try" in desk.s2v("run", "runs/try").err
    assert desk.s2v("verify", "runs/try").code == 0


def test_a_fetch_mends_the_video_for_which_an_export_could_not_be_made_anew(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "his", "his"), item(desk, "hers", "her")]))
    desk.s2v("export", "runs/try", "--to", "webdataset", "--out", "set")
    (desk.folder / "runs/try/videos/his.mp4").write_bytes(b"damaged")
    sha256 = desk.results()["hers"]["sha256"]

    done = purge(desk, "--export", "set", "--yes")
    desk.manifest([item(desk, "his", "his")])
    mended = desk.s2v("fetch", "runs/try")
    again = purge(desk, "--export", "set", "--yes")

    assert (done.code, "a video: s2v fetch runs/try, by a manifest without this portrait" in done.err) == (5, True)
    assert (mended.code, again.code) == (0, 0), mended.err + again.err
    assert json.loads((desk.folder / "set/export.json").read_text())["tombstones"] == [sha256]
    assert len(desk.submits) == 2


def test_a_link_in_the_run_folder_is_told_before_anything_is_begun(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "x", "her")]))
    (desk.folder / "elsewhere").mkdir()
    (desk.folder / "runs/try/signed").symlink_to(desk.folder / "elsewhere")
    before = desk.events()

    done = purge(desk, "--yes")

    assert (done.code, "signed is a symbolic link" in done.err) == (9, True)
    assert desk.events() == before
    assert desk.s2v("run", "m.yaml").code == 0


def test_what_a_dry_run_foretells_is_what_is_done_and_a_second_purge_finds_nothing_more(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "a", "her"), item(desk, "b", "her", "two"), item(desk, "c", "his")]))
    desk.s2v("export", "runs/try", "--to", "videofolder", "--out", "set")

    told = purge(desk, "--export", "set", "--dry-run")
    done = purge(desk, "--export", "set", "--yes")
    again = purge(desk, "--export", "set", "--yes")

    assert told.out.endswith("  files   5 in the run folder\n  exports 1 to be made anew\nnothing was changed\n")
    assert done.out.startswith(told.out.removesuffix("nothing was changed\n"))
    assert "purged: 2 items emptied, 5 files removed" in done.out
    assert "0 items, 2 purged before" in again.out
    assert "purged: 0 items emptied, 0 files removed" in again.out


def test_a_portrait_that_nothing_was_made_from_is_told(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "x", "his")]))
    desk.portrait("her.png", "teal")

    for flag in ("--dry-run", "--yes"):
        done = purge(desk, flag)
        assert done.code == 0
        assert "nothing in runs/try was ever made from this portrait" in done.err


def digest(desk: Desk) -> str:
    return hashlib.sha256((desk.folder / "her.png").read_bytes()).hexdigest()


def cut_off(desk: Desk, folder: str) -> None:
    """Let a purge of hers die when its facts are written."""
    with held(desk.folder / folder), Journal.create_or_open(desk.folder / folder) as book:
        purging.begin(book, digest(desk), [], 9.0)


def test_a_merge_takes_nothing_from_a_folder_whose_purge_was_cut_off(desk: Desk) -> None:
    """What was rejected there is known to no item of this folder, and would come back."""
    desk.manifest([item(desk, "x", "her"), item(desk, "his", "his")], checks=SHORT)
    shards = [f"runs/try.shard-{n}of2" for n in (1, 2)]
    for n, shard in enumerate(shards, 1):
        desk.s2v("run", "m.yaml", "--shard", f"{n}/2")
        ids = [json.loads(line)["id"] for line in (desk.folder / shard / "results.jsonl").read_text().splitlines()]
        desk.s2v("review", shard, "--reject", *ids)
    desk.s2v("merge", "runs/try", *shards)
    assert purge(desk, "--yes").code == 0
    for shard in shards:
        cut_off(desk, shard)

    refused = desk.s2v("merge", "runs/try", *shards)
    for shard in shards:
        desk.s2v("purge", shard, "--portrait", "her.png", "--yes")
    merged = desk.s2v("merge", "runs/try", *shards)

    assert (refused.code, "a purge of runs/try.shard-1of2 was cut off" in refused.err) == (9, True)
    assert merged.code == 0, merged.err
    assert {path.name[:4] for path in (desk.folder / "runs/try/rejected").iterdir()} == {"his-"}


def test_a_purge_that_was_cut_off_is_ended_before_it_may_be_lifted_and_takes_nothing_bought_since(desk: Desk) -> None:
    both = [item(desk, "x", "her"), item(desk, "his", "his")]
    desk.s2v("run", desk.manifest(both))
    desk.s2v("export", "runs/try", "--to", "videofolder", "--out", "set")
    cut_off(desk, "runs/try")
    (stray := desk.folder / "set/videos/note.txt").write_text("of somebody")

    early = purge(desk, "--lift")
    assert purge(desk, "--export", "set", "--yes").code == 5
    lifted = purge(desk, "--lift")
    bought = desk.s2v("run", "m.yaml")
    stray.unlink()
    again = desk.s2v("run", "m.yaml")

    assert (early.code, "is not at its end, and would take what is bought meanwhile" in early.err) == (2, True)
    assert (lifted.code, bought.code, again.code) == (0, 0, 0), again.err
    assert "finished a purge" in again.err
    assert desk.videos() == ["his.mp4", "x.mp4"]
    assert len(desk.submits) == 3


def test_a_run_that_cannot_finish_a_purge_says_that_this_is_what_it_does(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "x", "her")]))
    cut_off(desk, "runs/try")
    (desk.folder / "runs/try/signed").symlink_to(desk.folder)

    run = desk.s2v("run", desk.manifest([item(desk, "his", "his")]))

    assert (run.code, "a purge of runs/try was cut off, and is finished before anything else" in run.err) == (9, True)


def test_the_whole_run_and_shards_that_still_have_the_person_are_named(desk: Desk) -> None:
    desk.manifest([item(desk, "x", "her"), item(desk, "his", "his")])
    shards = [f"runs/try.shard-{n}of2" for n in (1, 2)]
    for n in (1, 2):
        desk.s2v("run", "m.yaml", "--shard", f"{n}/2")
    desk.s2v("merge", "runs/try", *shards)
    words = f"has this portrait, too, or may: s2v purge runs/try --portrait {digest(desk)}"

    (hers,) = [shard for shard in shards if any((desk.folder / shard).glob("videos/x.mp4"))]
    (other,) = {*shards} - {hers}
    first = desk.s2v("purge", hers, "--portrait", "her.png", "--yes")
    beside = purge(desk, "--dry-run")
    (desk.folder / other / "state.db").write_bytes(b"damaged")
    last = purge(desk, "--yes")

    assert words in first.out
    assert first.out.count("  beside  ") == 1
    assert "  beside  " not in beside.out
    assert (last.code, f"s2v purge {other} --portrait" in last.out) == (0, True), last.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
def test_a_purge_that_is_asked_to_end_says_that_it_is_not_at_its_end(desk: Desk, number: signal.Signals) -> None:
    """It waits for whoever writes into a sidecar that is a pipe, before it has begun and after."""
    desk.s2v("run", desk.manifest([item(desk, "x", "her")]))
    pipe = desk.folder / f"runs/try/superseded/x-{'0' * KEY}.json"
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    is_asked = False
    with desk.start("purge", "runs/try", "--portrait", "her.png", "--yes") as process:
        while not is_asked:
            with pipe.open("w"):  # it reads on as long as this is open
                os.mkfifo(pipe.with_suffix(".next"))
                pipe.with_suffix(".next").replace(pipe)  # where its next look waits, and not in this one again
                if is_asked := is_begun(desk):
                    process.send_signal(number)
        _, told = process.communicate(timeout=20)
    pipe.unlink()
    done = purge(desk, "--yes")

    assert process.returncode == 128 + number, told
    assert "this purge is begun and not at its end: the same command goes on" in told
    assert done.code == 0, done.err
    assert not is_begun(desk)


def is_begun(desk: Desk) -> bool:
    with Journal.read(desk.folder / "runs/try") as book:
        return barring.is_pending(book.header)


def test_what_a_signing_named_and_left_while_a_purge_went_over_the_folder_goes_too(desk: Desk) -> None:
    """It had opened the video before that went, and was killed before it looked whether the person was purged."""
    desk.s2v("run", desk.manifest([item(desk, "x", "her"), item(desk, "v", "his")]))
    folder = desk.folder / "runs/try"
    video, signed = folder / "videos/x.mp4", folder / "signed"
    content = video.read_bytes()
    with held(folder), WatchedJournal.create_or_open(folder) as book:
        purging.begin(book, hashlib.sha256((desk.folder / "her.png").read_bytes()).hexdigest(), [], 9.0)

        def meanwhile() -> None:
            if not video.exists() and not signed.exists():
                signed.mkdir()
                for name in ("x.mp4", ".x.0a1b2c3d.77.part.mp4", ".v.0a1b2c3d.78.part.mp4", "v.mp4"):
                    (signed / name).write_bytes(content)

        book.passes = meanwhile
        purging.finish(folder, book)

    assert sorted(path.name for path in signed.iterdir()) == [".v.0a1b2c3d.78.part.mp4", "v.mp4"]


def test_a_copy_that_was_run_on_this_machine_and_has_the_person_is_named(desk: Desk) -> None:
    prompts = [item(desk, "x", "her"), item(desk, "v", "his")]
    desk.s2v("run", desk.manifest(prompts), "--only", "x")
    shutil.copytree(desk.folder / "runs/try", desk.folder / "runs/copy")
    desk.s2v("run", desk.manifest(prompts, "copy.yaml", output={"dir": "runs/copy"}))

    told = [purge(desk, "--dry-run").out, purge(desk, "--yes").out]
    without_home = desk.s2v("purge", "runs/try", "--portrait", "her.png", "--dry-run", HOME="")
    desk.s2v("purge", "runs/copy", "--portrait", "her.png", "--yes")
    after = purge(desk, "--dry-run").out

    assert all(
        "beside  runs/copy has this portrait, too, or may: s2v purge runs/copy --portrait" in each for each in told
    )
    assert without_home.code == 0, without_home.err
    assert "beside" not in after


def test_another_picture_that_the_same_file_held_before_is_named_with_the_purge_that_takes_it(desk: Desk) -> None:
    """A portrait that is saved anew is another one, and what was made of the first stays in `superseded/`."""
    desk.s2v("run", desk.manifest([item(desk, "x", "her"), item(desk, "his", "his")]))
    first = hashlib.sha256((desk.folder / "her.png").read_bytes()).hexdigest()
    desk.portrait("her.png", "navy")
    desk.s2v("run", desk.manifest([item(desk, "x", "her"), item(desk, "his", "his")]))
    command = ["purge", "runs/try", "--portrait", first]
    told = (
        f"  before  1 item was made of another picture in her.png, which may show this person: s2v {' '.join(command)}"
    )

    dry, done = purge(desk, "--dry-run"), purge(desk, "--yes")
    other = desk.s2v(*command, "--yes")

    assert told in dry.out
    assert told in done.out
    assert "purged: 1 item emptied" in other.out
    assert "before  " not in other.out
    assert [path.name for path in (desk.folder / "runs/try").rglob("*.mp4")] == ["his.mp4"]


def test_a_merge_of_a_copy_from_before_a_purge_brings_what_it_bought_since_and_nothing_that_was_purged(
    desk: Desk,
) -> None:
    prompts, folder = [item(desk, "x", "her", "first"), item(desk, "v", "her", "then")], desk.folder / "runs/try"
    desk.s2v("run", desk.manifest(prompts), "--only", "x")
    desk.s2v("review", "runs/try", "--reject", "x")
    desk.s2v("retry", "m.yaml", "x")
    shutil.copytree(folder, desk.folder / "runs/copy")
    desk.s2v("run", desk.manifest(prompts, "copy.yaml", output={"dir": "runs/copy"}))
    gone = {digest_of(path) for path in folder.rglob("*.mp4")}
    purge(desk, "--yes")
    purge(desk, "--lift")

    refused = desk.s2v("run", "m.yaml")
    merged = desk.s2v("merge", "runs/try", "runs/copy")
    words = (folder / "state.db").read_bytes() + (folder / "report.html").read_bytes()
    brought = {path.name for path in folder.rglob("*.mp4")}
    done = desk.s2v("run", "m.yaml")
    again = desk.s2v("merge", "runs/try", "runs/copy")

    assert refused.code == 2, refused.err
    assert "1 item to be bought in runs/try may be paid for in runs/copy already (v)" in refused.err
    assert [each.code for each in (merged, done, again)] == [0, 0, 0], merged.err + done.err + again.err
    assert brought == {"v.mp4"}
    assert desk.mark.encode() not in words
    assert gone.isdisjoint(digest_of(path) for path in folder.rglob("*.mp4"))
    assert desk.submits == ["first", "first", "then", "first"]


def test_copies_of_shards_that_have_the_person_are_named_and_so_are_shards_of_a_copy(desk: Desk) -> None:
    prompts = [item(desk, id_, "her", f"she smiles {id_}") for id_ in "abcdef"]
    desk.manifest(prompts, output={"dir": "runs/try"})
    desk.manifest(prompts, "copy.yaml", output={"dir": "runs/copy"})
    desk.s2v("run", "m.yaml", "--shard", "1/2")
    shutil.copytree(desk.folder / "runs/try.shard-1of2", desk.folder / "runs/copy.shard-1of2")
    desk.s2v("run", "copy.yaml", "--shard", "1/2")
    desk.s2v("run", "copy.yaml", "--shard", "2/2")

    told = desk.s2v("purge", "runs/try.shard-1of2", "--portrait", "her.png", "--dry-run")

    named = sorted(line.split()[1] for line in told.out.splitlines() if line.startswith("  beside  "))
    assert named == ["runs/copy.shard-1of2", "runs/copy.shard-2of2"], told.out + told.err


@pytest.mark.parametrize("trouble", ["is damaged: it does not name a folder", "cannot be looked at", "HOME is not set"])
def test_a_purge_goes_on_where_nobody_can_tell_of_copies_and_says_so(desk: Desk, trouble: str) -> None:
    prompts = [item(desk, id_, "her", f"she smiles {id_}") for id_ in "abcdef"]
    desk.manifest(prompts)
    for n in (1, 2):
        desk.s2v("run", "m.yaml", "--shard", f"{n}/2")
    ours, copy = desk.folder / "runs/try.shard-1of2", desk.folder / "runs/copy.shard-1of2"
    shutil.copytree(ours, copy)
    desk.manifest(prompts, "copy.yaml", output={"dir": "runs/copy"})
    desk.s2v("run", "copy.yaml", "--shard", "1/2")
    if "damaged" in trouble:
        for note in (desk.folder / "home").glob("**/places/*/*.json"):
            note.write_text("{")
    elif "looked" in trouble:
        shutil.rmtree(copy)
        copy.symlink_to(copy.name)

    environ = {"HOME": ""} if "HOME" in trouble else {}
    done = desk.s2v("purge", "runs/try.shard-1of2", "--portrait", "her.png", "--yes", **environ)

    assert done.code == 0, done.err
    copies, other = (line for line in done.out.splitlines() if line.startswith("  beside  "))
    assert copies.startswith("  beside  whether a copy of runs/try.shard-1of2 has this portrait, too, is not known: ")
    assert trouble in copies
    assert other.startswith("  beside  runs/try.shard-2of2 has this portrait, too, or may: s2v purge")
    assert not any(ours.glob("videos/*.mp4"))


def test_what_was_purged_and_lifted_is_bought_anew_beside_a_copy_from_before(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "x", "her")]))
    shutil.copytree(desk.folder / "runs/try", desk.folder / "runs/copy")
    desk.s2v("run", desk.manifest([item(desk, "x", "her")], "copy.yaml", output={"dir": "runs/copy"}))
    purge(desk, "--yes")
    purge(desk, "--lift")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 0, done.err
    assert desk.submits == ["one", "one"]


@pytest.mark.parametrize("place", ["try", "elsewhere"])
def test_a_purge_in_an_older_copy_says_that_the_newest_one_keeps_the_person(desk: Desk, place: str) -> None:
    prompts, folder = [item(desk, "x", "her"), item(desk, "v", "her", "then")], desk.folder / "runs"
    desk.s2v("run", desk.manifest(prompts), "--only", "x")
    shutil.copytree(folder / "try", desk.folder / "older")
    desk.s2v("run", "m.yaml", "--only", "v")
    newest = desk.s2v("purge", "runs/try", "--portrait", "her.png", "--dry-run").out
    (folder / "try").rename(desk.folder / "newest")
    (desk.folder / "older").rename(folder / place)

    purges = [desk.s2v("purge", f"runs/{place}", "--portrait", "her.png", more) for more in ("--dry-run", "--yes")]

    told = f"older   runs/{place} is an older copy: the newest one, wherever it lies by now, keeps this"
    assert [each.code for each in purges] == [0, 0], purges
    assert all(told in each.out for each in purges), purges
    assert "older copy" not in newest
