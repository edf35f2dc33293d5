"""The page that people open: what stands in it, that nothing can break out of it, how it works in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import PROGRAM, Tab, browser
from histories import CLIP, FACTS, START, intent, item, mixed_run, told
from injections import CORPUS
from PIL import Image
from sample_pictures import with_field

from runner.core.life.lifecycle import Outcome
from runner.core.sums.sums import summarise
from runner.core.sums.tally import Row, row
from runner.edge.disk.files import UNFENCED
from runner.edge.portrait.portraits import PortraitShelf
from runner.edge.portrait.thumbs import SIDE, draw_thumbs, place_of
from runner.events import Settled
from runner.model import Portrait
from runner.report.advice import try_again
from runner.report.page import FIELDS, MOST_CARDS, Page
from runner.report.papers import pieces


def rows_of_every_fate() -> list[Row]:
    return [row(state) for state in mixed_run()]


def written(rows: list[Row]) -> str:
    return "".join(pieces(Page, FACTS, summarise(rows), rows))


def island(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_every_item_stands_in_the_page_with_every_field() -> None:
    rows = rows_of_every_fate()

    data = island(written(rows))

    assert data["fields"] == list(FIELDS)
    assert [dict(zip(FIELDS, values, strict=True))["id"] for values in data["items"]] == [each.id for each in rows]
    assert data["summary"]["states"]["review"] == 1


@pytest.mark.parametrize("words", CORPUS, ids=[str(n) for n in range(len(CORPUS))])
def test_words_of_others_cannot_end_the_island_or_begin_a_tag(words: str) -> None:
    plain = rows_of_every_fate()[2]
    evil = replace(
        plain,
        id="evil",
        prompt=words,
        reason=words,
        code=words,
        tags=(words,),
        metadata={"note": words},
        portrait=words,
    )
    facts = replace(FACTS, name=words, manifest=words)

    text = "".join(pieces(Page, facts, summarise([evil]), [evil]))

    harmless = "".join(pieces(Page, FACTS, summarise([plain]), [plain]))
    assert text.count("<") == harmless.count("<")
    assert text.count("<script") == text.count("</script") == 2
    assert island(text)["items"][0][FIELDS.index("id")] == "evil"


def test_nothing_may_run_but_the_script_of_the_page_and_nothing_be_fetched() -> None:
    text = written(rows_of_every_fate())

    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = re.search(r'Security-Policy" content="(.*?)"', text)
    assert policy is not None
    rules = policy[1].replace("&#x27;", "'")
    for name, (only,) in {"script-src": script, "style-src": style}.items():
        digest = base64.b64encode(hashlib.sha256(only.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in rules
    assert rules.startswith("default-src 'none';")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", "".join(script + style))


def test_the_same_rows_give_the_same_page() -> None:
    assert written(rows_of_every_fate()) == written(rows_of_every_fate())


def test_of_very_many_items_those_that_are_not_done_are_listed() -> None:
    rows = rows_of_every_fate()
    summary = replace(summarise(rows), items=MOST_CARDS + 1)

    data = island("".join(pieces(Page, FACTS, summary, rows)))

    assert [values[1] for values in data["items"]] == [
        str(each.state) for each in rows if each.state is not Outcome.DONE
    ]


def test_the_page_says_for_what_money_is_held_back() -> None:
    rows = rows_of_every_fate()
    given_up = told(item("a"), intent(), Settled(decision="abandon"))
    asked = [each for each in rows if each.state is Outcome.IN_DOUBT]

    words = [island(written(some))["held"] for some in (asked, [row(given_up)])]

    assert words == ["without an answer", "given up, perhaps paid"]


def test_a_group_is_tried_again_by_the_command_that_names_exactly_its_items() -> None:
    summary = summarise(rows_of_every_fate())

    commands = {(group.code, group.reason): try_again(FACTS, summary, group) for group in summary.groups}

    assert commands["1026", "input new_sensitive"] == "s2v retry winks.yaml --code 1026"
    assert commands[None, "an HTML page in place of a video"] == "s2v retry winks.yaml spoiled"


def test_decisions_are_applied_to_the_manifest_whatever_it_is_called_and_to_its_shard() -> None:
    odd, rows = replace(FACTS, manifest="it's #1.yaml", shard="1/2"), rows_of_every_fate()

    data = island("".join(pieces(Page, odd, summarise(rows), rows)))

    assert data["decide"] == """s2v review 'it'"'"'s #1.yaml' --shard 1/2"""


def test_a_code_with_two_reasons_is_tried_again_by_ids() -> None:
    rows = rows_of_every_fate()
    other = replace(next(each for each in rows if each.code == "1026"), id="elsewhere", reason="another reason")
    summary = summarise([*rows, other])

    commands = {group.reason: try_again(FACTS, summary, group) for group in summary.groups if group.code == "1026"}

    assert commands["another reason"] == "s2v retry winks.yaml elsewhere"


def test_a_small_copy_is_upright_and_says_nothing_but_the_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "a secret place"
    Image.new("RGB", (900, 600), "red").save(tmp_path / "a.jpg", exif=exif)
    digest = hashlib.sha256((tmp_path / "a.jpg").read_bytes()).hexdigest()

    draw_thumbs(tmp_path / "thumbs", {digest: "a.jpg"}, source=tmp_path, files=UNFENCED)

    with Image.open(place_of(tmp_path / "thumbs", digest)) as small:
        assert small.size == (round(SIDE * 2 / 3), SIDE)
        assert not small.getexif()
    assert b"secret" not in place_of(tmp_path / "thumbs", digest).read_bytes()


def test_a_small_copy_is_upright_whatever_else_its_exif_says(tmp_path: Path) -> None:
    Image.new("RGB", (900, 600), "red").save(tmp_path / "a.jpg", exif=with_field(0x010F, 5))
    digest = hashlib.sha256((tmp_path / "a.jpg").read_bytes()).hexdigest()

    draw_thumbs(tmp_path / "thumbs", {digest: "a.jpg"}, source=tmp_path, files=UNFENCED)

    with Image.open(place_of(tmp_path / "thumbs", digest)) as small:
        assert small.size == (round(SIDE * 2 / 3), SIDE)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nno picture", None], ids=["empty", "damaged", "gone"])
def test_a_portrait_that_cannot_be_shown_has_no_copy(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    digest = hashlib.sha256(content or b"").hexdigest()

    draw_thumbs(tmp_path / "thumbs", {digest: "a.png"}, source=tmp_path, files=UNFENCED)

    assert list((tmp_path / "thumbs").iterdir()) == []


def exif_of(*entries: bytes) -> bytes:
    """Give an EXIF block with these entries of 12 bytes each, after one that turns the picture by a quarter."""
    entries = (struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0), *entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


@pytest.mark.parametrize(
    "entry",
    [struct.pack("<HHII", 0x0100, 2, 4, 0x34333231), struct.pack("<HHII", 0x010F, 2, 200, 9_000)],
    ids=["a text where a number belongs", "a value beyond the end"],
)
def test_a_portrait_that_a_run_takes_never_ends_its_report(
    tmp_path: Path, entry: bytes, recwarn: pytest.WarningsRecorder
) -> None:
    Image.new("RGB", (90, 60), "red").save(tmp_path / "a.jpg", exif=exif_of(entry))
    portrait = PortraitShelf().look(str(tmp_path / "a.jpg"), "a.jpg")
    assert isinstance(portrait, Portrait)

    draw_thumbs(tmp_path / "thumbs", {portrait.sha256: "a.jpg"}, source=tmp_path, files=UNFENCED)

    assert not recwarn.list


@pytest.mark.parametrize("mode", ["LA", "RGBA", "L", "RGB", "P"])
def test_what_a_portrait_leaves_open_is_white_in_its_copy(tmp_path: Path, mode: str) -> None:
    stripes = Image.frombytes("L", (900, 600), bytes([0, 255] * 270_000))  # black is where the paper shows
    if mode in {"LA", "RGBA"}:
        picture = stripes.convert(mode)
        picture.putalpha(stripes)
        picture.save(tmp_path / "a.png")
    else:
        stripes.convert(mode).save(tmp_path / "a.png", transparency=(0, 0, 0) if mode == "RGB" else 0)
    digest = hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()

    draw_thumbs(tmp_path / "thumbs", {digest: "a.png"}, source=tmp_path, files=UNFENCED)

    with Image.open(place_of(tmp_path / "thumbs", digest)) as small:
        assert small.convert("L").getextrema() == (255, 255)


def test_a_portrait_that_is_another_one_by_now_has_no_copy(tmp_path: Path) -> None:
    Image.new("RGB", (90, 60), "red").save(tmp_path / "a.png")

    draw_thumbs(tmp_path / "thumbs", {"0" * 64: "a.png"}, source=tmp_path, files=UNFENCED)

    assert list((tmp_path / "thumbs").iterdir()) == []


needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A window on a report of 400 items, with words from the corpus in every place where words can stand."""
    folder = tmp_path_factory.mktemp("page")
    rows = rows_of_every_fate()
    many = [
        replace(
            rows[n % len(rows)], id=f"item-{n:03}", key=f"{n:064}", prompt=f"take {n} {CORPUS[n % len(CORPUS)]}",
            tags=("odd",) if n % 2 else ("even", CORPUS[n % len(CORPUS)]),
            accepted_at=START + n, finished_at=START + n + 90, polls=None if n % 8 == 0 else 3 + n % 5,
            metadata={"note": CORPUS[n % len(CORPUS)]}, cost=(replace(rows[0].cost[0], micros=n),), checks=CLIP,
        )
        for n in range(400)
    ]  # fmt: skip
    (folder / "report.html").write_text(written(many), encoding="utf-8")
    with browser(folder / "profile") as made:
        made.size(1300, 900)
        made.open(folder / "report.html")
        yield made


def shown(tab: Tab) -> list[str]:
    ids: list[str] = tab.run(
        "[...document.querySelectorAll('.card')].sort((a, b) => a.dataset.at - b.dataset.at)"
        ".map((card) => card.querySelector('h3').title)"
    )
    return ids


@needs_browser
def test_only_the_cards_near_the_window_exist_and_scrolling_brings_the_others(tab: Tab) -> None:
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400')")
    at_first = shown(tab)

    tab.run("scrollTo(0, document.body.scrollHeight)")
    tab.wait_for("[...document.querySelectorAll('h3')].some((each) => each.title === 'item-399')")

    assert at_first[0] == "item-000"
    assert len(at_first) < 60
    assert len(shown(tab)) < 60
    tab.run("scrollTo(0, 0)")


def change(name: str, value: str) -> str:
    """Return a script that chooses a value as a person does."""
    event = "new Event('input', {bubbles: true})"
    return f"const box = document.querySelector('#{name}'); box.value = '{value}'; box.dispatchEvent({event})"


@needs_browser
@pytest.mark.parametrize(
    ("do", "first", "count"),
    [
        ("document.querySelector('.tile[data-state=review]').click()", "item-013", 22),
        (change("tag", "odd"), "item-001", 200),
        (change("sort", "price"), "item-399", 400),
        (change("search", "TAKE 123"), "item-123", 1),
        ("location.hash = '#state=in_doubt&sort=price'", "item-385", 44),
        (change("check", "distance: fail"), "item-013", 66),
        (change("sort", "score"), "item-013", 400),
    ],
    ids=["state", "tag", "sort", "search", "address", "check", "score"],
)
def test_filters_and_order_do_what_they_say(tab: Tab, do: str, first: str, count: int) -> None:
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400') && location.hash === ''")

    tab.run(f"(() => {{ {do} }})()")
    tab.wait_for(f"document.querySelector('.card[data-at=\"0\"] h3')?.title === '{first}'")

    assert tab.run("document.querySelector('#count').textContent").startswith(f"{count} of 400")


@needs_browser
def test_how_often_jobs_were_asked_after_is_drawn_and_what_is_not_known_is_said(tab: Tab) -> None:
    words = tab.run("document.querySelector('#polls-words').textContent")

    assert words == (
        "Questions for each job until it was made: half up to 5, 9 in 10 up to 7, from 3 to 7, 1,750 in all; "
        "not known of 50 jobs that several runs asked after"
    )
    assert tab.run("document.querySelectorAll('#polls .bar').length") == 5


@needs_browser
def test_the_time_that_was_forecast_stands_beside_the_time_that_it_took(tab: Tab) -> None:
    assert "about 4 min (9 in 10 within 5 min); it took 4 min" in tab.run("document.querySelector('#when').textContent")


@needs_browser
def test_videos_are_judged_by_keys_and_the_decisions_saved_to_a_file(tab: Tab, tmp_path: Path) -> None:
    tab.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400')")
    tab.run("document.querySelector('.tile[data-state=review]').click(); document.querySelector('.card').focus()")

    for key in ("k", "ArrowRight", "r", "ArrowRight", "Enter"):
        tab.press(key)
    tab.wait_for("document.querySelector('#closer').open")
    tab.press("k")
    tab.run("document.querySelector('#closer').close(); document.querySelector('#save').click()")

    saved = tmp_path / "s2v-decisions.json"
    while not saved.exists():
        tab.run("new Promise(requestAnimationFrame)")
    video = next(each.sha256 for each in rows_of_every_fate() if each.state is Outcome.REVIEW)
    decided = {"item-013": "keep", "item-031": "reject", "item-049": "keep"}
    assert json.loads(saved.read_text()) == {
        "version": 1, "run": FACTS.run_id,
        "decisions": {id_: {"decision": word, "sha256": video} for id_, word in decided.items()},
    }  # fmt: skip


@needs_browser
def test_a_key_decides_nothing_where_no_video_was_chosen(tab: Tab) -> None:
    tab.run("localStorage.clear(); document.querySelector('#filters').reset()")
    tab.reload()
    tab.run("document.querySelector('.tile[data-state=review]').click(); document.activeElement.blur()")
    tab.wait_for("document.querySelector('.card')")

    for key in ("k", "r"):
        tab.press(key)
        assert tab.run("document.querySelector('#verdicts-words').textContent").startswith("0 of ")


@pytest.fixture
def phone(tab: Tab) -> Iterator[Tab]:
    """A window as narrow as a small telephone, or as 400 % of zoom on a large screen."""
    tab.size(320, 640)
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400')")
    yield tab
    tab.size(1300, 900)
    tab.run("scrollTo(0, 0)")


@needs_browser
def test_a_telephone_scrolls_down_alone_and_no_filter_stands_before_its_videos(phone: Tab) -> None:
    phone.run("document.querySelector('#grid').scrollIntoView(); scrollBy(0, 400)")

    assert phone.run("document.documentElement.scrollWidth") == 320
    assert phone.run("document.querySelector('#filters').getBoundingClientRect().bottom") <= 0


@needs_browser
def test_what_to_do_with_decisions_takes_no_room_of_a_telephone_before_there_are_any(phone: Tab) -> None:
    phone.run("localStorage.clear()")
    phone.reload()
    phone.wait_for("document.querySelector('#verdicts-words').textContent.startsWith('0 of')")

    assert phone.run("document.querySelector('#verdicts').offsetHeight") < 120
    phone.run(
        "document.querySelector('.tile[data-state=review]').click(); document.querySelector('#grid').scrollIntoView()"
    )
    phone.wait_for("document.querySelector('.card')")
    phone.run("document.querySelector('.card').focus()")
    phone.press("k")
    assert phone.run("document.querySelector('#apply').offsetHeight") > 0
    phone.press("k")


@needs_browser
def test_no_command_of_what_went_wrong_is_broken_into_letters_on_a_telephone(phone: Tab) -> None:
    widths = phone.run("[...document.querySelectorAll('#groups code, #groups .words')].map((each) => each.offsetWidth)")

    assert widths
    assert min(widths) >= 150


@needs_browser
def test_a_video_that_keys_lead_to_is_not_behind_the_bar_of_decisions(tab: Tab) -> None:
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400')")
    tab.run("document.querySelector('.card').focus()")

    for _ in range(4):
        tab.press("ArrowDown")

    foot, bar = "document.activeElement.getBoundingClientRect().bottom", "document.querySelector('#verdicts')"
    assert tab.run(f"{bar}.hidden") is False
    assert tab.run(f"{foot} <= {bar}.getBoundingClientRect().top"), tab.run(foot)
    tab.run("scrollTo(0, 0)")


SPARE = (  # pixels below the last line of every card
    "[...document.querySelectorAll('.card')].map((card) => "
    "card.getBoundingClientRect().bottom - card.lastElementChild.getBoundingClientRect().bottom)"
)


@needs_browser
@pytest.mark.parametrize(("state", "most"), [("done", 24), ("review", 80), ("failed", 80)])
def test_a_card_holds_all_that_is_said_and_little_empty_room(tab: Tab, state: str, most: int) -> None:
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400') && location.hash === ''")
    tab.run(f"document.querySelector('.tile[data-state={state}]').click()")
    badges = "[...document.querySelectorAll('.card .badge')]"
    tab.wait_for(f"{badges}.length && {badges}.every((each) => each.classList.contains('s-{state}'))")

    spare = tab.run(SPARE)

    assert 6 <= min(spare) <= most


@needs_browser
def test_a_video_whose_portrait_cannot_be_shown_is_as_wide_as_the_others(tab: Tab) -> None:
    tab.run("document.querySelector('#filters').reset()")
    tab.wait_for("document.querySelector('#count').textContent.startsWith('400 of 400')")
    tab.run("document.querySelector('.tile[data-state=review]').click(); document.querySelector('.card').focus()")

    tab.press("Enter")
    tab.wait_for("document.querySelector('#closer-portrait').hidden")

    share = "document.querySelector('#closer-video').offsetWidth / document.querySelector('#closer .pair').offsetWidth"
    assert tab.run(share) > 0.7
    tab.run("document.querySelector('#closer').close()")


@needs_browser
def test_words_are_read_in_their_own_direction_and_found_without_their_accents(tmp_path: Path) -> None:
    hebrew, turkish = "היא מחייכת!", "I\u0307stanbul ve Ço\u0308l"
    plain = rows_of_every_fate()[0]
    rows = [replace(plain, id="a", prompt=hebrew), replace(plain, id="b", prompt=turkish)]
    (tmp_path / "report.html").write_text(written(rows), encoding="utf-8")
    with browser(tmp_path / "profile") as tab:
        tab.size(1300, 900)
        tab.open(tmp_path / "report.html")
        ends = "const words = document.querySelector('.prompt').firstChild, range = document.createRange(); "
        ends += f"range.setStart(words, {len(hebrew) - 1}); range.setEnd(words, {len(hebrew)}); "
        box, mark = "document.querySelector('.prompt').getBoundingClientRect()", "range.getBoundingClientRect()"

        assert tab.run(f"(() => {{ {ends} return {mark}.left - {box}.left < {box}.right - {mark}.right }})()") is False
        tab.run(f"(() => {{ {change('search', 'istanbul cöl')} }})()")
        assert shown(tab) == ["b"]


@needs_browser
def test_a_mark_that_makes_another_letter_is_searched_for(tmp_path: Path) -> None:
    pairs = [("ガラス", "カラス"), ("ไม้", "ไม่"), ("दिन", "दान"), ("יָם", "יד")]
    plain = rows_of_every_fate()[0]
    rows = [
        replace(plain, id=f"{n}{side}", prompt=words)
        for n, pair in enumerate(pairs)
        for side, words in zip("ab", pair, strict=True)
    ]
    (tmp_path / "report.html").write_text(written(rows), encoding="utf-8")
    with browser(tmp_path / "profile") as tab:
        tab.size(1300, 900)
        tab.open(tmp_path / "report.html")
        for words, only in (("カラス", "0b"), ("カ", "0b"), ("ไม่", "1b"), ("दान", "2b"), ("ים", "3a")):
            tab.run(f"(() => {{ {change('search', words)} }})()")
            assert shown(tab) == [only], words


@needs_browser
def test_what_was_decided_about_another_video_of_an_item_is_forgotten(tab: Tab) -> None:
    video = next(each.sha256 for each in rows_of_every_fate() if each.state is Outcome.REVIEW)
    kept = {"item-013": "of its first video", "item-031": video}
    decided = json.dumps({id_: {"decision": "keep", "sha256": sha256} for id_, sha256 in kept.items()})
    tab.run(f"localStorage.setItem('s2v-decisions-{FACTS.run_id}', JSON.stringify({decided}))")

    tab.reload()

    tab.wait_for("document.querySelector('#verdicts-words')?.textContent.includes('decided')")
    assert tab.run("document.querySelector('#verdicts-words').textContent").startswith("1 of 22 videos decided: 1 to")
    tab.run("localStorage.clear()")


@needs_browser
def test_nothing_of_the_corpus_ran_nothing_was_fetched_and_nothing_went_wrong(tab: Tab) -> None:
    assert tab.run("document.title") == f"{FACTS.name} - s2v report"
    assert [url for url in tab.requests if not url.startswith(("file:", "blob:", "data:image/svg"))] == []
    assert [each for each in tab.complaints if "ERR_FILE_NOT_FOUND" not in each] == []
