"""What makes two videos the same purchase: golden fingerprints, and names that insert and sort leave alone."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.life.identity import beginning, derived_id, ending, expand, fingerprint, is_derived, take_id, untold_id
from runner.core.life.purging import unnamed
from runner.errors import Origin
from runner.model import Item, Portrait, Wish

SHA = "5b3a" * 16
ANNA = Portrait(ref="portraits/anna.jpg", sha256=SHA, mime="image/jpeg", bytes_=9, width=512, height=512)
PLAIN: dict[str, Any] = {"portrait": SHA, "prompt": "She smiles.", "prompt_optimizer": True, "take": 1}


def wish(prompt: str | None = "She smiles.", *, id_: str | None = None, takes: int = 1) -> Wish:
    return Wish(
        id=id_, portrait="/abs/anna.jpg", shown="anna.jpg", prompt=prompt, prompt_optimizer=True, takes=takes,
        tags=("wink",), metadata={"licence": "CC0"}, origin=Origin(file="m.yaml", line=3, col=5), path="items[0]",
    )  # fmt: skip


def items(*wishes: Wish, portrait: Portrait = ANNA) -> list[Item]:
    return [item for each in wishes for item in expand(each, portrait, "{id}.mp4")]


@pytest.mark.parametrize(
    ("parts", "golden"),
    [
        pytest.param(PLAIN, "3ba337a0687bda07e52d6cefee34952a1fe72225271d719a49394f46b291ff2d", id="plain"),
        pytest.param(
            PLAIN | {"prompt": None}, "4a55c4ce8cbd8f863bf64c5e242e93013164629dc7210202d4934a225a16ab84", id="no prompt"
        ),
        pytest.param(
            PLAIN | {"prompt": "她微笑 \U0001f600 \ud83d"},
            "973b80ebbd2570c98c53b65c9522bce854901f3e2d2e22dd6f05ac601cc5eeb1",
            id="any letters",
        ),
        pytest.param(
            PLAIN | {"prompt_optimizer": False, "take": 2},
            "5cb46836b8da21c9e9d328f3734860e968f3318c162e3a5b2f331cc4286c953e",
            id="second take",
        ),
    ],
)
def test_a_fingerprint_never_changes_or_everything_would_be_bought_again(parts: dict[str, Any], golden: str) -> None:
    assert fingerprint(**parts) == golden


@pytest.mark.parametrize(
    "change",
    [
        {"portrait": "0" * 64}, {"prompt": "She smiles"}, {"prompt": None}, {"prompt_optimizer": False}, {"take": 2},
        {"model": "S2V-02"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_whatever_makes_another_video_makes_another_purchase(change: dict[str, Any]) -> None:
    assert fingerprint(**PLAIN | change) != fingerprint(**PLAIN)


def test_no_prompt_is_not_the_word_none_nor_nothing() -> None:
    prints = {fingerprint(**PLAIN | {"prompt": prompt}) for prompt in (None, "", "None", "null")}

    assert len(prints) == 4


def test_name_place_and_format_of_a_portrait_do_not_matter() -> None:
    moved = replace(ANNA, ref="https://example.org/bertha.png", mime="image/png")

    assert items(wish(), portrait=moved)[0].key == items(wish())[0].key


def test_an_id_of_the_users_own_changes_no_purchase() -> None:
    (named,), (derived,) = items(wish(id_="anna-smiles")), items(wish())

    assert (named.id, named.name) == ("anna-smiles", "anna-smiles.mp4")
    assert named.key == derived.key


def test_a_derived_id_reads_well_and_never_changes() -> None:
    assert derived_id(ANNA, "She smiles.", prompt_optimizer=True) == "anna-she-smiles-3ba337a0687b"


@pytest.mark.parametrize(
    ("ref", "prompt", "readable"),
    [
        pytest.param("C:\\faces\\Anna B.JPG", None, "anna-b", id="Windows path, no prompt"),
        pytest.param("https://x.example/p/anna.png?sig=1#f", None, "anna", id="URL without its query"),
        pytest.param("https://x.example/", None, "portrait", id="URL without a name"),
        pytest.param("data:image/png;sha256=5b3a", "Hi", "portrait-hi", id="data URL"),
        pytest.param("她.png", "她微笑", "portrait", id="letters that make no slug"),
        pytest.param("Zoë Müller.png", "Señor Muñoz läßt grüßen", "zoe-muller-senor-munoz-lasst-grussen", id="accents"),
        pytest.param("Zoe\u0308.png", None, "zoe", id="an accent of its own"),
        pytest.param("Søren Łukasz Æneas Bjørn.png", None, "soren-lukasz-aeneas-bjorn", id="strokes and ligatures"),
        pytest.param("anna.tar.png", "--- !!!", "anna-tar", id="prompt without a word"),
        pytest.param("a" * 60 + ".png", None, "a" * 40, id="a long name without a blank is cut"),
        pytest.param(
            "anna.png", "She runs toward the camera and winks", "anna-she-runs-toward-the-camera-and",
            id="a long prompt is cut between words",
        ),
        pytest.param(
            "anna.png", "1234567890 1234567890 1234567890 x", "anna-1234567890-1234567890-1234567890",
            id="words that fit exactly stay",
        ),
    ],
)  # fmt: skip
def test_a_derived_id_is_made_of_what_a_file_name_can_hold(ref: str, prompt: str | None, readable: str) -> None:
    words, digest = derived_id(replace(ANNA, ref=ref), prompt, prompt_optimizer=True).rsplit("-", 1)

    assert words == readable
    assert re.fullmatch("[0-9a-f]{12}", digest)


@given(st.text(), st.one_of(st.none(), st.text()))
def test_every_derived_id_is_a_plain_file_name(ref: str, prompt: str | None) -> None:
    id_ = derived_id(replace(ANNA, ref=f"portraits/{ref}.png"), prompt, prompt_optimizer=True)

    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", id_)
    assert len(id_) <= 40 + 1 + 32 + 1 + 12


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.randoms(use_true_random=False), st.text(min_size=1))
def test_inserting_and_sorting_leave_ids_and_keys_alone(
    prompts: list[str], shuffle: random.Random, inserted: str
) -> None:
    before = {(item.prompt, item.id, item.key) for item in items(*map(wish, prompts))}
    shuffle.shuffle(prompts)

    after = {(item.prompt, item.id, item.key) for item in items(wish(inserted), *map(wish, prompts))}

    assert before <= after


def test_takes_are_items_of_their_own() -> None:
    takes = items(wish(id_="anna", takes=3))

    assert [(item.id, item.name, item.take) for item in takes] == [
        ("anna", "anna.mp4", 1), ("anna-take2", "anna-take2.mp4", 2), ("anna-take3", "anna-take3.mp4", 3),
    ]  # fmt: skip
    assert len({item.key for item in takes}) == 3


def test_asking_for_more_takes_renames_none() -> None:
    assert items(wish(takes=2)) == items(wish(takes=5))[:2]
    assert [take_id("anna", take) for take in (1, 2)] == ["anna", "anna-take2"]


def test_an_item_carries_what_the_wish_says() -> None:
    (item,) = expand(wish(id_="anna"), ANNA, "s2v-{id}-{id}.mp4")

    assert (item.portrait, item.prompt, item.tags, item.metadata) == (
        ANNA, "She smiles.", ("wink",), {"licence": "CC0"},
    )  # fmt: skip
    assert item.name == "s2v-anna-anna.mp4"


@given(
    portrait=st.text(),
    prompt=st.none() | st.text(st.characters(), max_size=20),
    optimizer=st.booleans(),
    take=st.integers(1, 100),
)
def test_a_fingerprint_is_of_one_json_array(*, portrait: str, prompt: str | None, optimizer: bool, take: int) -> None:
    parts = json.dumps(["s2v-item-1", "S2V-01", portrait, prompt, optimizer, take], separators=(",", ":"))

    found = fingerprint(portrait=portrait, prompt=prompt, prompt_optimizer=optimizer, take=take)

    assert found == sha256(parts.encode()).hexdigest()


def test_a_derived_id_is_known_by_its_ending_and_an_own_one_or_the_one_in_its_place_never_is() -> None:
    first, second = expand(wish(takes=2), ANNA, "v-{id}.mp4")
    (own,) = expand(wish(id_="anna-take2"), ANNA, "{id}.mp4")
    endings = {beginning(first.key)}

    assert {ending(first), ending(second)} == endings
    assert [is_derived(item, endings) for item in (first, second, own)] == [True, True, False]
    for item in (first, second):
        less = unnamed(item, endings)
        assert (less.id, less.name) == (untold_id(item.key), f"v-{untold_id(item.key)}.mp4")
        assert unnamed(less, endings) == less
        assert not is_derived(less, endings)
    assert unnamed(own, endings) == own
    assert len({untold_id(item.key) for item in (first, second)}) == 2
