r"""The phrases that move the camera, as data: (name of a `Move`, regular expression), English and Chinese.

Every expression stands for whole words. `{slowly}` is an adverb that may stand inside; `{camera}` whom one can come
near to. To teach a phrase, add a row, and a row to the table in the tests.
"""

from __future__ import annotations

from typing import Final

_PARTS: Final = {
    "slowly": r"(?:\s+(?:very\s+)?\w+ly)?",
    "camera": r"(?:the\s+|my\s+)?(?:camera|lens|viewer|audience|screen|us\b|me\b|you\b)",
    "toward": r"(?:toward|towards|up\s+to|closer\s+to|to|at|into|for)",
    "comes": r"(?:runs?|running|walks?|walking|comes?|coming|steps?|stepping|strides?|striding|jogs?|jogging"
    r"|rush(?:es|ing)?|moves?|moving|skips?|skipping|advances?|advancing|sprints?|sprinting|strolls?|strolling)",
}


def _fill(pattern: str) -> str:
    for name, part in _PARTS.items():
        pattern = pattern.replace(f"{{{name}}}", part)
    return pattern


def _words(move: str, *patterns: str) -> tuple[tuple[str, str], ...]:
    return tuple((move, rf"\b{_fill(pattern)}\b") for pattern in patterns)


def _signs(move: str, *patterns: str) -> tuple[tuple[str, str], ...]:
    return tuple((move, pattern) for pattern in patterns)


PHRASES: Final = (
    *_words(
        "push_in",
        r"push(?:es|ing)?{slowly}[\s-]+in(?:to|ward)?",
        r"doll(?:y|ies|ying){slowly}[\s-]+(?:in|forward)",
        r"(?:camera\s+)?(?:moves?|moving|creeps?|glides?|gets?|comes?){slowly}\s+(?:closer|nearer|forward)",
        r"approach(?:es|ing)?\s+{camera}",
        r"{comes}{slowly}\s+(?:straight\s+|right\s+)?{toward}\s+{camera}",
    ),
    *_words(
        "pull_back",
        r"pull(?:s|ing)?{slowly}[\s-]+(?:back|out|away)",
        r"doll(?:y|ies|ying){slowly}[\s-]+(?:out|back|backward|backwards)",
        r"camera\s+(?:moves?|backs?|retreats?){slowly}\s+(?:away|back|backward|backwards)",
        r"{comes}{slowly}\s+(?:away|back)\s+from\s+{camera}",
    ),
    *_words(
        "pan_left",
        r"pan(?:s|ning)?{slowly}\s+(?:to\s+the\s+)?left",
        r"truck(?:s|ing)?{slowly}\s+(?:to\s+the\s+)?left",
        r"camera\s+(?:moves?|slides?|turns?|swings?){slowly}\s+(?:to\s+the\s+)?left",
    ),
    *_words(
        "pan_right",
        r"pan(?:s|ning)?{slowly}\s+(?:to\s+the\s+)?right",
        r"truck(?:s|ing)?{slowly}\s+(?:to\s+the\s+)?right",
        r"camera\s+(?:moves?|slides?|turns?|swings?){slowly}\s+(?:to\s+the\s+)?right",
    ),
    *_words(
        "tilt_up",
        r"tilt(?:s|ing)?{slowly}\s+(?:up|upward|upwards)",
        r"(?:pedestal|crane)(?:s|ing)?{slowly}\s+up",
        r"camera\s+(?:moves?|rises?|looks?){slowly}(?:\s+(?:up|upward|upwards))",
    ),
    *_words(
        "tilt_down",
        r"tilt(?:s|ing)?{slowly}\s+(?:down|downward|downwards)",
        r"(?:pedestal|crane)(?:s|ing)?{slowly}\s+down",
        r"camera\s+(?:moves?|sinks?|looks?){slowly}(?:\s+(?:down|downward|downwards))",
    ),
    *_words("zoom_in", r"zoom(?:s|ing|ed)?{slowly}[\s-]+(?:in|into|closer)"),
    *_words("zoom_out", r"zoom(?:s|ing|ed)?{slowly}[\s-]+(?:out|away|back)"),
    *_words(
        "shake",
        r"camera\s+(?:shakes?|shaking|trembles?|trembling)",
        r"shak(?:y|ing)\s+(?:camera|shot|footage)",
        r"hand-?held(?:\s+(?:camera|shot|footage))?",
    ),
    *_signs("shake", r"\bshake\b(?=[^\[\]]*\])"),
    *_words(
        "still",
        r"(?:static|still|fixed|locked(?:[\s-]off)?|stationary)\s+(?:camera|shot|frame)",
        r"camera\s+(?:is|stays?|remains?|holds?|keeps?)\s+(?:completely\s+|perfectly\s+)?"
        r"(?:still|fixed|static|stationary|in\s+place)",
        r"camera\s+(?:does\s+not|doesn't|never|must\s+not|should\s+not)\s+move",
        r"(?:no|without(?:\s+any)?)\s+camera\s+(?:movement|motion|moves?)",
    ),
    *_signs("still", r"\b(?:hold|still)\b(?=[^\[\]]*\])"),
    *_signs("push_in", r"(?:镜头)?(?:缓缓|慢慢|缓慢)?(?:推进|推近|向前推)", r"[走跑]向(?:镜头|我们|观众)",
            r"[向朝](?:着)?(?:镜头|我们)(?:走|跑)(?:来|过来)?"),
    *_signs("pull_back", r"(?:镜头)?(?:缓缓|慢慢|缓慢)?(?:拉远|拉出|后拉|向后拉)"),
    *_signs("pan_left", r"(?:镜头)?(?:缓缓|慢慢|缓慢)?(?:向左(?:平移|移动|摇)|左移|左摇)"),
    *_signs("pan_right", r"(?:镜头)?(?:缓缓|慢慢|缓慢)?(?:向右(?:平移|移动|摇)|右移|右摇)"),
    *_signs("tilt_up", r"(?:镜头)?(?:缓缓|慢慢|缓慢)?(?:向上(?:移动|摇)|上摇|上升)"),
    *_signs("tilt_down", r"(?:镜头)?(?:缓缓|慢慢|缓慢)?(?:向下(?:移动|摇)|下摇|下降)"),
    *_signs("zoom_in", r"变焦(?:推近|拉近|放大)", r"镜头(?:拉近|放大)"),
    *_signs("zoom_out", r"变焦(?:拉远|缩小)", r"镜头缩小"),
    *_signs("shake", r"镜头(?:抖动|晃动)", r"手持(?:镜头|拍摄)"),
    *_signs("still", r"(?:固定|静止)(?:镜头|机位)", r"镜头(?:固定|静止|不动)"),
)  # fmt: skip

NEGATION: Final = (
    r"(?:\b(?:no|not|don'?t|doesn'?t|never|without|avoid|avoids|avoiding|stop|stops|instead\s+of)"
    r"(?:\s+(?!and\b|but\b|then\b)\w+){0,2}[\s\[]*|(?:不要|不|别|没有|禁止)(?:让)?(?:镜头)?)$"
)
"""Ends where a phrase begins: up to two words may stand between the *no* and what it forbids."""

TOGETHER: Final = r"^\W*(?:\b(?:while|as|whilst|at\s+the\s+same\s+time)\b|同时)"

CONNECTIVE: Final = (
    r"[.,;:!?\[\]()\"\n。,、;:!?]+|\b(?:and\s+then|and|then|while|whilst|as|with|before|after|but)\b|然后|同时|并且|并"
)

FILLERS: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "she",
        "he",
        "it",
        "they",
        "her",
        "his",
        "their",
        "its",
        "this",
        "that",
        "these",
        "those",
        "is",
        "are",
        "be",
        "to",
        "in",
        "on",
        "at",
        "of",
        "for",
        "from",
        "by",
        "there",
        "here",
        "camera",
        "shot",
        "person",
        "woman",
        "man",
        "girl",
        "boy",
        "someone",
        "slowly",
        "gently",
    ]
)
"""Words that mean nothing when they stand alone at the edge of a leftover."""
