from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.manifest.flaws import Flaw
from runner.manifest.positions import locate
from runner.manifest.scalars import Ambiguous, resolve
from runner.manifest.source import read_source
from runner.manifest.strict_yaml import FLAWED, load

BAD = Path(__file__).parent / "bad"
PLAIN = "0123456789+-._:eExobnyNYtTfFrRuUaAlLsSiIoOff=~ "


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0x1F", 31),
        ("25.00", 25.0),
        (".5", 0.5),
        ("1.5e+3", 1500.0),
        ("She smiles.", "She smiles."),
        ("5/1m", "5/1m"),
        ("2s..2m", "2s..2m"),
        ("90s", "90s"),
        ("1.2.3", "1.2.3"),
        ("127.0.0.1:8765", "127.0.0.1:8765"),
        ("yesterday", "yesterday"),
        ("nUll", "nUll"),
    ],
)
def test_a_plain_scalar_means_what_both_yaml_versions_say(text: str, value: object) -> None:
    resolved = resolve(text)
    assert (type(resolved), resolved) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "off", "no", "yes", "on", "OFF", "No", "y", "N", "9:16", "12:30:45", "190:20:30.15", "010", "0777", "08",
        "1_000", "1_0.5", "0o17", "0b101", "-0x1F", "0x_1", "1e3", "1.5e3", "2026-01-01", "=", ".inf",
        "-.INF",
        ".nan", "-.5",
        "12345678901234567890",
    ],
)  # fmt: skip
def test_a_scalar_that_can_be_read_in_two_ways_is_refused_with_what_to_write(text: str) -> None:
    resolved = resolve(text)
    assert isinstance(resolved, Ambiguous)
    assert resolved.why
    assert resolved.write


@given(st.text(PLAIN, max_size=12))
@settings(max_examples=500)
def test_what_is_not_refused_pyyaml_reads_alike(text: str) -> None:
    resolved = resolve(text)
    if isinstance(resolved, Ambiguous):
        return
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call] # the stubs leave it out
    expected = loader.construct_object(yaml.ScalarNode(tag, text))
    assert (type(resolved), resolved) == (type(expected), expected)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [x, {c: d}]\n",
        "a: 1\r\nb: |\r\n  two\r\n  lines\r\n",
        "a: off\na: 2\n? [x]\n: y\n1: z\n<<: {q: 1}\nb: !!int 3\n",
        "a: &x [1]\nb: *x\n*x : c\n",
        "items:\n  - portrait: a\n  - 7\n---\nb: 1\n",
        "[" * 40,
    ],
)
def test_libyaml_and_pure_python_read_alike(text: str) -> None:
    fast, slow = load(text), load(text, loader=yaml.SafeLoader)
    assert (fast.value, fast.flaws, fast.landmarks) == (slow.value, slow.flaws, slow.landmarks)


@given(st.text("0123456789+-._xeE", min_size=1, max_size=20))
@settings(max_examples=500)
def test_a_number_of_the_metadata_is_handed_on_as_it_is_written_or_not_at_all(text: str) -> None:
    value = load(f"metadata: {{a: {text}}}\n").value
    read = value["metadata"]["a"] if isinstance(value, dict) and isinstance(value["metadata"], dict) else None
    if isinstance(read, int | float):
        assert json.dumps(read) == text
        assert float(read) == read


def test_numbers_elsewhere_may_be_written_as_people_write_them() -> None:
    assert load("amount: 25.00\nmetadata: 1.10\nitems: [1.10]\n").value == {
        "amount": 25.0, "metadata": 1.1, "items": [1.1],
    }  # fmt: skip


PIECES = (
    "a", "b: ", "- ", "\n", "\n  ", "\n    ", "[a, b]", "]", "{c: [d]}", "}", ", ", ": ", "'x'", '"y"', "&k ", "*k ",
    "!!int 3", "|\n  t\n", ">-\n  t\n", " #c\n", "off", "9:16", "<<: ", "items:\n", "- portrait: p\n", "\u00e9",
    "\r\n", "key: value\n", "x: [1, 2]\n", "~", "null", "a: {b: [c]}\n", "'", '"', '"\\q"', '"\\u12"', "\n---\n",
)  # fmt: skip
"""All but what libyaml and PyYAML refuse in another order, or only one of them: open brackets, tabs, `?` in words."""


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
@settings(max_examples=1500)
def test_whatever_is_written_both_parsers_read_or_refuse_it_alike(text: str) -> None:
    fast, slow = load(text), load(text, loader=yaml.SafeLoader)
    assert (fast.value, fast.flaws, fast.landmarks) == (slow.value, slow.flaws, slow.landmarks)


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_both_parsers_say_the_same_of_every_bad_manifest(path: Path) -> None:
    source = read_source(path)
    if isinstance(source, Flaw):
        return
    fast, slow = load(source.text), load(source.text, loader=yaml.SafeLoader)
    assert (fast.value, fast.flaws, fast.landmarks) == (slow.value, slow.flaws, slow.landmarks)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_do_not_matter(ends: str) -> None:
    text = ends.join(["a: 1", "b:", "  - x", "  - >-", "    two", "    words", ""])
    assert load(text).value == {"a": 1, "b": ["x", "two words"]}


def test_a_refused_value_leaves_a_gap_and_the_rest_is_read() -> None:
    document = load("a: off\nb: 2\nc: [9:16, 3]\n")
    assert document.value == {"a": FLAWED, "b": 2, "c": [FLAWED, 3]}
    assert [flaw.path for flaw in document.flaws] == [("a",), ("c", 0)]


def test_the_first_of_two_equal_keys_stays() -> None:
    assert load("a: 1\na: {b: [2]}\nc: 3\n").value == {"a": 1, "c": 3}


@pytest.mark.parametrize("bomb", ["[" * 30_000, "{a: " * 30_000, "? " * 30_000, "a: 1\na: " + "[" * 30_000])
def test_deep_nesting_is_refused_at_once(bomb: str) -> None:
    begin = time.process_time()
    document = load(bomb)
    assert document.value is FLAWED
    assert "nested more than 32 levels" in document.flaws[-1].message
    assert time.process_time() - begin < 1.0


def test_thirty_two_levels_are_read() -> None:
    assert not load("[" * 32 + "]" * 32).flaws


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    begin = time.process_time()
    document = load("\n".join(lines))
    assert document.flaws[0].message == "anchor &a0 is not allowed"
    assert time.process_time() - begin < 1.0


def test_landmarks_hold_the_place_of_each_portrait_or_its_item() -> None:
    text = "items:\n  - id: a\n    portrait: a.png\n  - id: b\n  - 7\n"
    places = [(packed >> 32, packed & 0xFFFFFFFF) for packed in load(text).landmarks]
    assert places == [(3, 15), (4, 5), (5, 5)]


def test_places_of_keys_and_values_are_found_by_path() -> None:
    text = "a: 1\nb: [x, {c: 4}]\nb: other\n? [q]\n: z\nd: 5\n"
    places = locate(text, [("b",), ("b", 1, "c"), ("d",), ("none",)])
    found = {path: (place.key.line, place.key.col, place.value.col) for path, place in places.items()}
    assert found == {("b",): (2, 1, 4), ("b", 1, "c"): (2, 9, 12), ("d",): (6, 1, 4)}
