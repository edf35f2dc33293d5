"""English verbs in all their forms: by rule, and by a list of those that the rule would get wrong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

IRREGULAR: Final[Mapping[str, tuple[str, ...]]] = {
    "run": ("runs", "running", "ran"),
    "shake": ("shakes", "shaking", "shook", "shaken"),
    "sing": ("sings", "singing", "sang", "sung"),
    "speak": ("speaks", "speaking", "spoke", "spoken"),
    "say": ("says", "saying", "said"),
    "come": ("comes", "coming", "came"),
    "become": ("becomes", "becoming", "became"),
    "get": ("gets", "getting", "got"),
    "go": ("goes", "going", "went", "gone"),
    "grow": ("grows", "growing", "grew"),
    "break": ("breaks", "breaking", "broke", "broken"),
    "burst": ("bursts", "bursting"),
    "shut": ("shuts", "shutting"),
    "keep": ("keeps", "keeping", "kept"),
    "hold": ("holds", "holding", "held"),
    "rise": ("rises", "rising", "rose", "risen"),
    "sink": ("sinks", "sinking", "sank", "sunk"),
    "swing": ("swings", "swinging", "swung"),
    "spin": ("spins", "spinning", "spun"),
    "stride": ("strides", "striding", "strode"),
    "leap": ("leaps", "leaping", "leaped", "leapt"),
    "creep": ("creeps", "creeping", "crept"),
    "fly": ("flies", "flying", "flew"),
    "fall": ("falls", "falling", "fell", "fallen"),
    "hang": ("hangs", "hanging", "hung"),
    "knit": ("knits", "knitting", "knitted"),
    "swivel": ("swivels", "swiveling", "swivelling", "swiveled", "swivelled"),
    "travel": ("travels", "traveling", "travelling", "traveled", "travelled"),
    "pedestal": ("pedestals", "pedestaling", "pedestalling"),
    "doll": ("dolly", "dollies", "dollying", "dollied"),
    "open": ("opens", "opening", "opened"),
    "flutter": ("flutters", "fluttering", "fluttered"),
    "lower": ("lowers", "lowering", "lowered"),
    "wander": ("wanders", "wandering", "wandered"),
    "whisper": ("whispers", "whispering", "whispered"),
    "begin": ("begins", "beginning", "began"),
    "see": ("sees", "seeing", "saw"),
    "make": ("makes", "making", "made"),
    "give": ("gives", "giving", "gave"),
    "wear": ("wears", "wearing", "wore"),
    "cry": ("cries", "crying", "cried"),
    "hurry": ("hurries", "hurrying", "hurried"),
    "bow": ("bows", "bowing", "bowed"),
    "draw": ("draws", "drawing", "drew"),
    "weep": ("weeps", "weeping", "wept"),
    "throw": ("throws", "throwing", "threw"),
    "die": ("dies", "dying", "died"),
    "leave": ("leaves", "leaving", "left"),
    "lose": ("loses", "losing", "lost"),
    "take": ("takes", "taking", "took"),
}
"""Verbs whose other forms the rule would get wrong."""

_VOWELS: Final = "aeiou"


@cache
def forms(verb: str) -> tuple[str, ...]:
    """Return a verb's forms: itself, with -s, with -ing, with -ed."""
    if verb in IRREGULAR:
        return (verb, *IRREGULAR[verb])
    stem = verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else _doubled(verb)
    return (verb, verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z")) else "s"), f"{stem}ing", f"{stem}ed")


def _doubled(verb: str) -> str:
    """Nod, nodding: a single vowel before a single last consonant, in a verb of one syllable."""
    vowels = [letter in _VOWELS for letter in verb]
    is_short = vowels[-2:] == [True, False] and sum(vowels) == 1 and verb[-1] not in "wxy"
    return verb + verb[-1] if is_short else verb
