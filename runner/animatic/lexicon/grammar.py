"""The small words: who, how, how often, in which order, and what must not happen (see `notation` for the signs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...values import dataclass
from ..beats import Kind, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What an adverb or adjective does to a beat: factors of its length and of its strength."""

    length: float = 1.0
    strength: float = 1.0


SIDES: Final[Mapping[str, Side]] = {
    "left": "left", "leftward": "left", "leftwards": "left", "左": "left",
    "right": "right", "rightward": "right", "rightwards": "right", "右": "right",
}  # fmt: skip

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "his": ("the/a/an/her/his/their/my/your/our/its/both", "both {own}", "one's"),
    "own": ("her/his/their/my/your/its",),
    "person": ("her/him/them/me/it/us", "the/a/her/his woman/man/girl/boy/person/subject/face/head"),
    "camera": ("(the/our/my/his/her) camera/lens/viewer/viewers/audience/screen/us/me/you/photographer",),
    "to_side": (
        "(to/toward/towards/on/onto the) {side} (side)",
        "to/toward/towards {side}",
        "(to/toward/towards) {mirrored} (own) {side} (side/shoulder)",
        "to the {side} of the frame/picture/image/screen",
    ),
    "mirrored": ("her/his/their/my/your/its",),
    "forward": (
        "(straight/right/directly/closer/up/back/in/over) (and) toward/towards/to/at/into {camera}",
        "(straight/right) toward/towards/for {camera}",
        "forward/forwards/closer/nearer (to/toward/towards {camera})",
        "in place",
    ),
    "looks": (
        "look*/seem*/appear*/is/are/be/become*/get*/grow*/act* (very/quite/so/really/suddenly|a bit/little)",
        "(with/has/wearing) a/an (very/genuinely)",
    ),
    "surprised": ("surprised/astonished/amazed/shocked/stunned/startled",),
    "sad": ("sad/unhappy/sorrowful/gloomy/heartbroken/melancholy/dejected",),
    "and_then": ("and/then", "and then"),
    "very": ("very/quite/so/really/rather/extremely/ever",),
    "on_face": ("on/onto/to/toward/towards/into {his} face/eyes", "on/onto/toward/towards {person}"),
    "zh_camera": ("镜头", "观众", "我们", "摄影机", "摄像机"),
    "zh_side": ("(她/他的){side}(边/侧/方)",),
    "zh_push": ("(向前)推进", "推近", "向前推", "推向她/他(的脸)"),
    "zh_pull": ("拉远", "拉出", "(向)后拉", "后退"),
}
"""Names that stand for several words in the tables."""

MANNERS: Final[tuple[tuple[Manner, tuple[str, ...]], ...]] = (
    (
        Manner(length=1.6),
        (
            "({very}) slowly/slow/leisurely/lingering/unhurriedly",
            "[缓缓|慢慢|缓慢|徐徐](地)",
        ),
    ),
    (
        Manner(length=0.6),
        (
            "({very}) quickly/quick/fast/rapidly/rapid/swiftly/swift/briefly/brief/hastily/hurriedly/sharply",
            "[快速|迅速|很快|飞快|急速|匆匆](地)",
            "得([很|非常|飞])快",
        ),
    ),
    (
        Manner(length=1.6, strength=0.6),
        ("({very}) gently/gentle/softly/soft/calmly/tenderly", "[轻轻|轻柔|温柔](地)"),
    ),
    (
        Manner(strength=0.5),
        (
            "almost/nearly",
            "({very}) slightly/slight/faintly/faint/subtly/subtle/lightly/barely/shyly/shy/weakly/little/small/tiny",
            "a little/bit/touch (bit)",
            "[微微|稍微|略微|稍稍|轻微|淡淡|浅浅](地/的)",
        ),
    ),
    (
        Manner(strength=1.4),
        (
            "({very}) broadly/broad/widely/wide/big/brightly/bright/hugely/huge/strongly/strong/heavily/heavy/hard",
            "({very}) wildly/vigorously/energetically/intensely/deeply/deep/dramatically/dramatic/fully/heartily",
            "(a) lot",
            "[灿烂|用力|使劲|大幅|强烈|猛烈|开心|大大](地/的)",
            "得([很|非常|十分])[灿烂|开心|用力|厉害]",
        ),
    ),
)
"""How: slow and quick change a beat's length, slight and broad its strength."""

NUMBERS: Final[Mapping[str, int]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
TIMES: Final = ("time", "times", "x", "次", "下", "回", "遍")
"""A number before one of these says how often; digits are read as numbers, too."""

COUNTS: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("once",),
    2: ("twice", "a couple of times"),
    3: ("thrice", "several times", "a few times", "repeatedly", "几[次|下]", "多次", "反复", "不[停|断](地)"),
}
"""How often, in words; *several* is taken for three."""

PARTICLES: Final = frozenset("了着过")
"""May stand inside a Chinese phrase; 着 makes a verb one that lasts, as -ing does."""

THEN: Final = (
    "(and) then", "(and) next", "(and) finally", "(and) afterwards/afterward/later/lastly/subsequently/eventually",
    "(and) after that/this/which", "(and) after a moment/while/pause/beat/bit/second", "(and) followed by",
    "(and) at the end", "(and) at last", "in the end", "(and) ends by/with", "until", "(and) a moment later",
    "然后(再)", "接着", "随后", "之后", "而后", "最后", "再", "紧接着", "接下来",
)  # fmt: skip
"""What follows comes after what was just said."""

WITH: Final = ("with",)
"""What follows happens together with what was just said: *winks with a smile*."""

WHILE: Final = (
    "(and/all) while", "whilst", "as", "meanwhile", "(and/all/while) at the same time", "(and) simultaneously",
    "同时", "(的)同时", "一边", "边", "一面", "的时候",
)  # fmt: skip
"""Two clauses happen together, whichever stands first."""

AFTER: Final = ("(only/right/shortly/just) after", "once she/he/they")
BEFORE: Final = ("(only/right/shortly/just) before", "[之前|以前]先")
AND: Final = ("and", "plus", "&", "并且", "并", "而且", "和", "又", "也", "还")
OR: Final = ("or", "nor", "或", "或者", "也不")
BUT: Final = ("but", "yet", "however", "though", "although", "instead", "但", "但是", "而是", "却", "只是", "不过")

FORBIDS: Final = (
    "no", "not", "never", "without (any/a/even)", "avoid*", "stop*", "no longer", "neither", "refuse* to", "free of",
    "instead of", "rather than", "is/are/was/were/has/have not",
    "hardly/scarcely/rarely/seldom (ever)", "nobody", "no one",
    "isn't/aren't/wasn't/hasn't/haven't/isnt/arent",
    "lacks/lacking", "refrain* from", "resist* the urge to", "no sign/trace/hint of",
    "不", "不要", "别", "没", "没有", "从不", "绝不", "决不", "禁止", "避免", "停止", "不再", "并不", "不会", "不能",
    "未", "请勿", "也没有", "也不", "不许", "不准", "毫无", "没有任何",
)  # fmt: skip
"""What follows must not happen."""

FORBIDS_PLAIN: Final = (
    "do/does/did/must/should/can/could/will/would/may not (ever)", "cannot",
    "don't/doesn't/didn't/mustn't/shouldn't/can't/won't/dont/doesnt/didnt/cant/wont (ever)",
)  # fmt: skip
"""The same, before a verb in its plain form: of *does not smile and blink* both are forbidden."""

NO_FORBIDS: Final = (
    "not only", "can't/cannot/couldn't help (but)", "can't/cannot/couldn't/doesn't/don't stop", "never stops/stop",
    "do/does/did not stop", "without stopping", "no doubt", "why not", "not just",
    "忍不住", "禁不住", "不禁", "不仅(仅)", "不但", "不时(地)", "不久", "不由得", "别的", "特别",
    "区别", "分别", "个别", "不同", "不错", "不只", "没错",
)  # fmt: skip
"""What looks like a *no* and forbids nothing."""

UNMOVED: Final[Mapping[tuple[Kind, ...], tuple[str, ...]]] = {
    ("blink",): ("unblinking/unblinkingly", "目不转睛", "一眨不眨", "不眨眼"),
    ("smile", "laugh"): (
        "unsmiling", "(with) a straight face", "(with) (a) neutral expression/face/look", "expressionless",
        "不苟言笑", "面无表情",
    ),
    ("turn", "nod", "shake", "tilt_head"): (
        "(with) no head movement/movements/motion", "without moving {his} head", "keep*/hold* {his} head still",
        "头部(保持)不动", "头不动",
    ),
}  # fmt: skip
"""What forbids kinds of beats without naming them."""
