from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import Problems
from runner.gates import Gates, IdentityGate, TechnicalGate
from runner.manifest.parse import read
from runner.model import Backoff, Callback, CheckPolicy, Manifest, Money, ProviderSettings, Rate, Wish

HEAD = "version: 1\nname: t\n"
CONTRACT = """\
# yaml-language-server: $schema=../schemas/manifest.schema.json
version: 1
name: winks
provider: local
defaults:
  prompt_optimizer: true
  takes: 1
items:
  - id: astronaut-wink
    portrait: portraits/astronaut.jpg
    prompt: She runs toward the camera and winks with a smile.
    tags: [wink, run]
    metadata: {licence: public-domain, consent: press}
include: [more.csv, more.jsonl]
matrix:
  portraits: [portraits/*.jpg]
  prompts: [She smiles., "{name} turns to the left."]
limits:
  in_flight: 3
  rate: 5/1m
  downloads: 8
  budget: {amount: 25.00, currency: USD}
  item_deadline: 60m
  no_progress: 30m
  stop_after: {failures: 20, share: 0.5}
retry: {attempts: 4, backoff: 2s..2m, in_doubt: hold}
checks:
  decode: full
  min_seconds: 4
  identity: {max_distance: 0.50, min_coverage: 0.5}
  on_fail: review
  max_retakes: 1
callback: {url: https://example.org/s2v, listen: 127.0.0.1:8765}
output: {dir: ../runs/winks, name: "{id}.mp4"}
providers:
  vapi: {price: {amount: 0.65, currency: USD}, image: string}
  minimax: {base_url: https://api.minimaxi.com, key_env: MINIMAX_CN_API_KEY, rate: 20/1m, poll: auto,
            request_timeout: 60s}
"""


def made(folder: Path, text: str | bytes) -> tuple[Manifest, Problems]:
    path = folder / "m.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    problems = Problems()
    manifest = read(path, problems)
    assert manifest is not None
    return manifest, problems


def wishes(folder: Path, text: str) -> list[Wish]:
    manifest, problems = made(folder, text)
    found = list(manifest.wishes())
    assert [str(problem) for problem in problems.kept] == []
    return found


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    for name in ("bert.jpg", "astronaut.jpg"):
        (portraits / name).write_bytes(b"")
    (tmp_path / "more.csv").write_text("portrait,prompt\na.png,She nods.\n")
    (tmp_path / "more.jsonl").write_text('{"portrait": "b.png"}\n')
    return tmp_path


def test_the_whole_grammar_is_read(contract: Path) -> None:
    manifest, problems = made(contract, CONTRACT)

    assert not problems.kept
    assert len(list(manifest.wishes())) == 1 + 1 + 1 + 4


@pytest.mark.parametrize(
    ("words", "resubmits"),
    [("hold", 0), ("resubmit", 1), ("resubmit, max_resubmits: 3", 3), ("hold, max_resubmits: 3", 0)],
)
def test_a_doubt_is_bought_again_only_where_the_manifest_says_so(contract: Path, words: str, resubmits: int) -> None:
    manifest, problems = made(contract, CONTRACT.replace("in_doubt: hold", f"in_doubt: {words}"))

    assert not problems.kept
    assert manifest.retry.resubmits == resubmits


def test_every_setting_arrives_typed(contract: Path) -> None:
    manifest, _ = made(contract, CONTRACT)

    assert (manifest.name, manifest.route, manifest.name_pattern) == ("winks", ("local",), "{id}.mp4")
    assert manifest.folder == contract / "../runs/winks"
    assert manifest.limits.budget == Money(micros=25_000_000, currency="USD")
    assert manifest.limits.rate == Rate(count=5, window_s=60.0)
    assert manifest.limits.no_progress_s == 1800.0
    assert (manifest.limits.in_flight, manifest.limits.downloads, manifest.limits.item_deadline_s) == (3, 8, 3600.0)
    assert (manifest.retry.attempts, manifest.retry.backoff) == (4, Backoff(first_s=2.0, most_s=120.0))
    gates = Gates(technical=TechnicalGate(min_seconds=4.0), identity=IdentityGate(max_distance=0.5, min_coverage=0.5))
    assert manifest.checks == CheckPolicy(full_decode=True, gates=gates, on_fail="review", max_retakes=1)
    assert manifest.callback == Callback(url="https://example.org/s2v", host="127.0.0.1", port=8765)
    minimax = manifest.providers["minimax"]
    assert (minimax.base_url, minimax.key_env) == ("https://api.minimaxi.com", "MINIMAX_CN_API_KEY")
    assert (minimax.rate, minimax.poll_s, minimax.request_timeout_s) == (Rate(count=20, window_s=60.0), None, 60.0)
    assert manifest.providers["vapi"] == ProviderSettings(price=Money(micros=650_000, currency="USD"), image="string")


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param("{url: https://x.org}", ("https://x.org", "127.0.0.1", 8765), id="the usual port"),
        pytest.param("{url: https://x.org/s2v/}", ("https://x.org/s2v", "127.0.0.1", 8765), id="a slash at the end"),
        pytest.param("{url: 'http://localhost:9/a', listen: '[::1]:0'}", ("http://localhost:9/a", "::1", 0), id="IPv6"),
        pytest.param("{url: 'http://[::1]:9', listen: 'any.host:1'}", ("http://[::1]:9", "any.host", 1), id="a name"),
    ],
)
def test_a_callback_is_a_url_and_an_address(tmp_path: Path, block: str, expected: tuple[str, str, int]) -> None:
    manifest, problems = made(tmp_path, HEAD + f"items: [{{portrait: a.png}}]\ncallback: {block}\n")

    url, host, port = expected
    assert [str(problem) for problem in problems.kept] == []
    assert manifest.callback == Callback(url=url, host=host, port=port)


def test_a_plain_manifest_gets_the_defaults(tmp_path: Path) -> None:
    manifest, problems = made(tmp_path, HEAD + "items: [{portrait: a.png}]\n")
    (wish,) = manifest.wishes()

    assert problems.count == 0
    assert manifest.route == ("local",)
    assert manifest.folder == Path.cwd() / "runs" / "t"
    assert (wish.id, wish.prompt, wish.prompt_optimizer, wish.takes, wish.tags, wish.metadata) == (
        None, None, True, 1, (), {},
    )  # fmt: skip
    assert (wish.portrait, wish.shown) == (str(tmp_path / "a.png"), "a.png")
    assert (str(wish.origin), wish.path) == (f"{tmp_path}/m.yaml:3:20", "items[0]")


def test_an_item_overrides_the_defaults_and_metadata_is_added_key_by_key(tmp_path: Path) -> None:
    defaults = "defaults: {prompt: p, takes: 2, prompt_optimizer: false, tags: [a], metadata: {a: 1, b: 2}}\n"
    first, second = wishes(
        tmp_path,
        HEAD + defaults + "items:\n  - portrait: a.png\n"
        "  - {portrait: b.png, prompt: q, takes: 1, prompt_optimizer: true, tags: [], metadata: {b: 3.5}}\n",
    )
    assert (first.prompt, first.takes, first.prompt_optimizer, first.tags) == ("p", 2, False, ("a",))
    assert first.metadata == {"a": 1, "b": 2}
    assert (second.prompt, second.takes, second.prompt_optimizer, second.tags) == ("q", 1, True, ())
    assert second.metadata == {"a": 1, "b": 3.5}


def test_portraits_of_a_table_are_relative_to_the_table(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "t.csv").write_text("portrait\n../a.png\nhttps://x.org/b.png?sig=1\n")
    first, second = wishes(tmp_path, HEAD + "include: [sub/t.csv]\n")
    assert first.portrait == str(tmp_path / "sub" / "../a.png")
    assert second.portrait == "https://x.org/b.png?sig=1"
    assert str(first.origin) == f"{tmp_path}/sub/t.csv:2"


def test_a_data_url_is_kept_whole_and_shown_short(tmp_path: Path) -> None:
    url = "data:image/png;base64," + "QUJD" * 5000
    (wish,) = wishes(tmp_path, HEAD + f"items: [{{portrait: '{url}'}}]\n")
    assert wish.portrait == url
    assert len(wish.shown) < 80


def test_the_order_is_items_then_tables_then_matrix_and_every_start_is_the_same(contract: Path) -> None:
    manifest, _ = made(contract, CONTRACT)
    first, second = list(manifest.wishes()), list(manifest.wishes())
    assert first == second
    assert [(wish.shown, wish.prompt) for wish in first] == [
        ("portraits/astronaut.jpg", "She runs toward the camera and winks with a smile."),
        ("a.png", "She nods."),
        ("b.png", None),
        ("portraits/astronaut.jpg", "She smiles."),
        ("portraits/astronaut.jpg", "astronaut turns to the left."),
        ("portraits/bert.jpg", "She smiles."),
        ("portraits/bert.jpg", "bert turns to the left."),
    ]


def test_a_portrait_found_by_two_patterns_counts_once_and_braces_can_be_written(contract: Path) -> None:
    found = wishes(
        contract,
        HEAD + 'matrix:\n  portraits: [portraits/bert.jpg, "portraits/*"]\n  prompts: ["{{name}} is {name}"]\n',
    )
    assert [(wish.shown, wish.prompt) for wish in found] == [
        ("portraits/bert.jpg", "{name} is bert"),
        ("portraits/astronaut.jpg", "{name} is astronaut"),
    ]
    assert [wish.path for wish in found] == ["matrix.portraits[0]", "matrix.portraits[1]"]


def test_braces_of_an_item_are_plain_text(tmp_path: Path) -> None:
    (wish,) = wishes(tmp_path, HEAD + 'items: [{portrait: a.png, prompt: "{name} ${X} {"}]\n')
    assert wish.prompt == "{name} ${X} {"


def test_what_is_sound_goes_on_when_something_else_is_bad(tmp_path: Path) -> None:
    limits = "limits: {budget: {amount: 1}, in_flight: 2}\n"
    items = "items: [{portrait: a.png}, {portrait: b.png, prompt: off}, {portrait: c.png, portrait: d.png}]\n"
    text = HEAD + limits + items
    manifest, problems = made(tmp_path, text)
    assert [wish.shown for wish in manifest.wishes()] == ["a.png"]
    assert (manifest.limits.budget, manifest.limits.in_flight) == (None, 2)
    assert problems.count == 3


def test_bad_rows_are_counted_once_however_often_the_stream_is_started(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,portrait,takes\na,a.png,0\nb,b.png,1\nB,c.png,1\n")
    manifest, problems = made(tmp_path, HEAD + "include: [t.csv]\n")
    next(manifest.wishes())
    assert problems.count == 1
    assert [wish.id for wish in manifest.wishes()] == ["b", "B"]  # that an id stands twice is known at the end
    assert problems.count == 2
    for _ in range(2):
        assert [wish.id for wish in manifest.wishes()] == ["b"]
    assert problems.count == 2


@pytest.mark.parametrize(
    ("prefix", "ends"), [(b"", b"\n"), (b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")]
)
def test_a_byte_order_mark_and_crlf_are_accepted_everywhere(tmp_path: Path, prefix: bytes, ends: bytes) -> None:
    for name, text in (
        ("t.csv", b'portrait,prompt\na.png,"two\nlines"\n'),
        ("t.jsonl", b'{"portrait": "b.png"}\n'),
    ):
        (tmp_path / name).write_bytes(prefix + text.replace(b"\n", ends))
    text = prefix + (HEAD + "items:\n  - portrait: i.png\ninclude: [t.csv, t.jsonl]\n").encode().replace(b"\n", ends)
    manifest, problems = made(tmp_path, text)
    assert [wish.shown for wish in manifest.wishes()] == ["i.png", "a.png", "b.png"]
    assert problems.count == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.exists, "no such file"),
        (Path.mkdir, "this is a folder, expected a file"),
        (os.mkfifo, "this is no regular file"),
    ],
    ids=["missing", "folder", "fifo"],
)
def test_what_is_no_file_is_said_and_never_waited_for(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / "m.yaml")
    problems = Problems()
    assert read(tmp_path / "m.yaml", problems) is None
    assert [problem.message for problem in problems.kept] == [words]


def test_who_names_a_manifest_that_is_not_there_is_told_what_writes_one(tmp_path: Path) -> None:
    problems = Problems()
    assert read(tmp_path / "m.yaml", problems) is None
    assert problems.kept[0].hint == "s2v init writes one to start from"


def test_a_slip_in_the_file_name_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "winks.yaml").write_text("")
    problems = Problems()
    assert read(tmp_path / "wink.yaml", problems) is None
    assert problems.kept[0].hint == "did you mean winks.yaml?"


def test_a_manifest_beyond_the_size_limit_is_sent_to_a_table(tmp_path: Path) -> None:
    with (tmp_path / "m.yaml").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    problems = Problems()
    assert read(tmp_path / "m.yaml", problems) is None
    assert str(problems.kept[0]).endswith("larger than 64 MiB (move the items into a table: include: [more.jsonl])")


def test_the_digest_is_of_the_manifests_own_bytes(tmp_path: Path) -> None:
    first, _ = made(tmp_path, HEAD + "items: [{portrait: a.png}]\n")
    again, _ = made(tmp_path, HEAD + "items: [{portrait: a.png}]\n")
    other, _ = made(tmp_path, HEAD + "items: [{portrait: b.png}]\n")
    assert first.digest == again.digest != other.digest


def test_no_message_shows_a_key(tmp_path: Path) -> None:
    key = "sk-api-canary12345678"
    spots = ["limits: KEY", "provider: KEY", "output: {dir: {x: KEY}}", "retry: {backoff: KEY}", "checks: [KEY]"]
    for spot in [*spots, "providers: {minimax: {key_env: KEY, base_url: 'https://x.org/?k=KEY', price: KEY}}"]:
        _, problems = made(tmp_path, HEAD + "items: [{portrait: a.png}]\n" + spot.replace("KEY", key) + "\n")
        assert problems.count
        assert not any(key in str(problem) for problem in problems.kept)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8700", "http://localhost", "http://[::1]:80", "https://x.org/v1/"])
def test_a_base_url_is_https_or_loopback(tmp_path: Path, url: str) -> None:
    manifest, problems = made(
        tmp_path, HEAD + f"items: [{{portrait: a.png}}]\nproviders: {{minimax: {{base_url: '{url}'}}}}\n"
    )
    assert problems.count == 0
    assert manifest.providers["minimax"].base_url == url.rstrip("/")


@pytest.mark.parametrize("name", ["more.csv", "more.JSONL"])
def test_a_table_in_place_of_a_manifest_is_told_where_it_belongs(tmp_path: Path, name: str) -> None:
    problems, table = Problems(), tmp_path / name
    table.write_text("id,portrait\na,a.png\n")

    assert read(table, problems) is None
    assert [str(each) for each in problems.kept] == [
        f"{table}:1:1: a table is no manifest (name it in one: include: [{name}])"
    ]
