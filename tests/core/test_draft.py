"""A draft takes items as they stream; doubles among them are found at the end, by marks first and then exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import item

from runner.core.life.identity import fingerprint
from runner.core.plan.draft import Doubles, Draft
from runner.core.plan.plan import digest_of
from runner.errors import Origin
from runner.model import Item

HERE, THERE = Origin(file="m.yaml", line=3, col=5), Origin(file="more.csv", line=9)
ITEMS = st.lists(st.builds(item, key=st.sampled_from("klmn"), id=st.sampled_from(["a", "A", "b", "c"])), max_size=6)


def draft_of(*items: Item) -> Draft:
    draft = Draft([])
    for each in items:
        draft.enter(each)
    return draft


def test_items_stand_in_the_order_in_which_they_were_entered() -> None:
    items = tuple(item(key=key, id=key) for key in ("b", "a", "c"))

    plan = draft_of(*items).plan()

    assert tuple(plan.items) == items
    assert plan.digest == digest_of(items)


@pytest.mark.parametrize("id_", ["anna", "ANNA", "Anna"])
def test_an_id_is_taken_once_whatever_its_letter_case(id_: str) -> None:
    doubles = Doubles()
    doubles.enter(item(), HERE)

    clash = doubles.enter(item(key="other", id=id_), THERE)

    assert clash is not None
    assert clash.message == f"id '{id_}' is taken by 'anna' at m.yaml:3:5"


def test_the_same_purchase_under_another_id_is_refused() -> None:
    doubles = Doubles()
    doubles.enter(item(), HERE)

    clash = doubles.enter(item(id="bertha"), THERE)

    assert clash is not None
    assert clash.message == (
        "'bertha' has the same portrait, prompt and parameters as 'anna' at m.yaml:3:5: it would be bought twice"
    )
    assert "takes: 2" in clash.hint


def test_the_same_purchase_under_the_same_id_is_told_as_that_for_nobody_wrote_the_id() -> None:
    """So it is where a folder of portraits holds a copy of one, whose derived id is the same."""
    doubles = Doubles()
    doubles.enter(item(), HERE)

    clash = doubles.enter(item(), THERE)

    assert clash is not None
    assert "same portrait, prompt and parameters" in clash.message
    assert "remove one" in clash.hint


def test_what_was_refused_blocks_nothing() -> None:
    doubles = Doubles()
    doubles.enter(item(), HERE)
    doubles.enter(item(id="bertha"), THERE)

    assert doubles.enter(item(key="other", id="bertha"), THERE) is None


@given(items=ITEMS)
def test_a_look_at_the_suspects_alone_finds_every_double(items: list[Item]) -> None:
    suspects = draft_of(*items).suspects()
    exact, quick = Doubles(), Doubles(among=suspects)

    assert [quick.enter(each, HERE) for each in items] == (found := [exact.enter(each, HERE) for each in items])
    assert bool(suspects) >= any(found)


ODD = {
    "line end of a block": "She smiles.\n",
    "wrapped": "She\nsmiles.",
    "blank at the end": "She smiles. ",
    "blank at the beginning": " She smiles.",
    "two blanks": "She  smiles.",
    "no-break space": "She\u00a0smiles.",
    "no width": "She\u200b smiles.",
    "a mark of direction": "\u200eShe smiles.",
    "an invisible operator": "She\u2061 smiles.",
    "a sign without a meaning by now": "She \u206fsmiles.",
    "a joiner of accents": "She\u034f smiles.",
    "a reserved one": "She\U000e0fff smiles.",
    "a filler at the end": "She smiles.\u3164",
    "a filler for a blank": "She\uffa0smiles.",
    "a joiner in Latin": "She\u200c smi\u200dles.",
    "a variant of no letter": "She\ufe0f smiles.\U000e0101",
    "letters of no flag": "She smiles.\U000e0061\U000e007f",
    "a Mongolian separator": "She\u180e smiles.",
    "directions within": "\u202a\u2068She\u2069 smiles.\u202c",
}


def bought(id_: str, prompt: str) -> Item:
    key = fingerprint(portrait="a" * 64, prompt=prompt, prompt_optimizer=True, take=1)
    return item(id=id_, key=key, prompt=prompt)


@pytest.mark.parametrize("is_odd_first", [False, True])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_prompt_that_only_looks_the_same_is_not_bought_beside_the_other(odd: str, *, is_odd_first: bool) -> None:
    first, second = (bought("a", "She smiles."), bought("b", odd))[:: -1 if is_odd_first else 1]
    suspects = draft_of(first, second).suspects()
    doubles = Doubles(among=suspects)

    clashes = [doubles.enter(first, HERE), doubles.enter(second, THERE)]

    assert clashes[0] is None
    assert clashes[1] is not None
    assert clashes[1].message == (
        f"the prompt of '{second.id}' looks like that of '{first.id}' at m.yaml:3:5, for one portrait, and differs "
        "in blanks, line ends or invisible characters: it would be bought twice"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She smiles.", "she smiles."),
        ("她微笑。", "她大笑。"),
        ("Jos\u00e9 smiles.", "Jose smiles."),
        ("\U0001f469\u200d\U0001f680 waves.", "\U0001f469\U0001f680 waves."),
        ("\ufa19\u8c37\u304c\u7b11\u3046", "\u795e\u8c37\u304c\u7b11\u3046"),
        ("\u845b\U000e0100", "\u845b"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u062f", "\u0645\u06cc\u062e\u0648\u0627\u0647\u062f"),
        ("a heart \u2764\ufe0f", "a heart \u2764"),
        ("\u0915\u094d\u200d \u0939\u0901\u0938\u0940", "\u0915\u094d \u0939\u0901\u0938\u0940"),
        ("\u0647\u200d smiles", "\u0647 smiles"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f waves", "\U0001f3f4 waves"),
        ("1\ufe0f\u20e3 smiles", "1\u20e3 smiles"),
        ("\xa9\ufe0f smiles", "\xa9 smiles"),
        ("\u182d\u180b", "\u182d"),
        ("\u182d\u180e\u1820", "\u182d\u1820"),
        ("\u0661\u0600", "\u0661"),
        ("\u0647\u064a \u200eC#\u200e!", "\u0647\u064a C#!"),
        ("\u200fwinks!", "winks!"),
    ],
)
def test_prompts_that_a_person_can_tell_apart_are_two_purchases(one: str, other: str) -> None:
    assert draft_of(bought("a", one), bought("b", other)).suspects() == frozenset()


def test_an_accent_that_is_put_together_otherwise_looks_the_same() -> None:
    doubles = Doubles(among=draft_of(bought("a", "Jos\u00e9"), bought("b", "Jose\u0301")).suspects())

    assert doubles.enter(bought("b", "Jose\u0301"), HERE) is None
    assert doubles.enter(bought("a", "Jos\u00e9"), THERE) is not None


def test_an_odd_prompt_alone_is_no_double() -> None:
    assert draft_of(bought("a", "She smiles.\n"), bought("b", "She winks.\n")).suspects() == frozenset()
