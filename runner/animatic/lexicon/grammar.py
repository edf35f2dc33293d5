"""The small words: who, how, how often, in which order, and what must not happen (see `notation` for the signs)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..beats import Side


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
        "(to/toward/towards) {mirrored} (own) {side} (side)",
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
        "look*/seem*/appear*/is/are/be/become*/get*/grow*/act* (very/quite/so/really/genuinely/suddenly/a) (bit/little)",
        "(with/has/wearing) a/an (very/genuinely)",
    ),
    "surprised": ("surprised/astonished/amazed/shocked/stunned/startled",),
    "sad": ("sad/unhappy/sorrowful/gloomy/heartbroken/melancholy/dejected",),
    "and_then": ("and/then", "and then"),
    "very": ("very/quite/so/really/rather/extremely/ever",),
    "zh_camera": ("镜头", "观众", "我们", "摄影机", "摄像机"),
    "zh_side": ("(她/他的){side}(边/侧/方)",),
    "zh_push": ("(向前)推进", "推近", "向前推", "推向她/他(的脸)"),
    "zh_pull": ("拉远", "拉出", "(向)后拉", "后退"),
}
"""Names that stand for several words in the tables."""

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
    "take": ("takes", "taking", "took"),
}
"""Verbs whose forms the rule of `notation` would get wrong."""

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
        ),
    ),
    (
        Manner(length=1.6, strength=0.6),
        ("({very}) gently/gentle/softly/soft/calmly/tenderly", "[轻轻|轻柔|温柔](地)"),
    ),
    (
        Manner(strength=0.5),
        (
            "({very}) slightly/slight/faintly/faint/subtly/subtle/lightly/barely/shyly/shy/weakly/little/small/tiny",
            "a little/bit/touch (bit)",
            "[微微|稍微|略微|稍稍|轻微|淡淡|浅浅](地/的)",
        ),
    ),
    (
        Manner(strength=1.4),
        (
            "({very}) broadly/broad/widely/wide/big/brightly/bright/hugely/huge/strongly/strong/heavily/heavy/hard",
            "({very}) wildly/vigorously/energetically/intensely/deeply/deep/dramatically/dramatic/fully/hearty/heartily",
            "(a) lot",
            "[灿烂|用力|使劲|大幅|强烈|猛烈|开心|大大](地/的)",
            "得(很/非常)[灿烂|开心]",
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
    3: ("thrice", "several times", "a few times", "repeatedly", "几[次|下]", "多次", "反复"),
}
"""How often, in words; *several* is taken for three."""

PARTICLES: Final = ("了/着/过",)
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
    "同时", "(的)同时", "一边", "一面", "的时候",
)  # fmt: skip
"""Two clauses happen together, whichever stands first."""

AFTER: Final = ("(only/right/shortly/just) after", "once she/he/they")
BEFORE: Final = ("(only/right/shortly/just) before", "[之前|以前]先")
AND: Final = ("and", "plus", "&", "并且", "并", "而且", "和", "又", "也", "还")
OR: Final = ("or", "nor", "或", "或者", "也不")
BUT: Final = ("but", "yet", "however", "though", "although", "instead", "但", "但是", "而是", "却", "只是", "不过")

FORBIDS: Final = (
    "no", "not", "never", "without (any/a/even)", "avoid*", "stop*", "no longer", "neither", "refuse* to", "free of",
    "instead of", "rather than", "is/are/was/were/has/have not", "isn't/aren't/wasn't/hasn't/haven't/isnt/arent",
    "lacks/lacking", "refrain* from", "resist* the urge to", "no sign/trace/hint of",
    "不", "不要", "别", "没", "没有", "从不", "绝不", "决不", "禁止", "避免", "停止", "不再", "并不", "不会", "不能", "未", "请勿",
    "也没有", "也不", "不许", "不准", "毫无", "没有任何",
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
    "忍不住", "禁不住", "不禁", "不仅(仅)", "不但", "不断(地)", "不停(地)", "不时(地)", "不久", "不由得", "别的", "特别",
    "区别", "分别", "个别", "不同", "不错", "不只", "没错",
)  # fmt: skip
"""What looks like a *no* and forbids nothing."""

UNMOVED: Final[Mapping[str, tuple[str, ...]]] = {
    "blink": ("unblinking/unblinkingly", "目不转睛", "一眨不眨", "不眨眼"),
    "smile": ("unsmiling", "with a straight face", "不苟言笑"),
}
"""Single words that forbid a kind of beat."""

FUNCTION_WORDS: Final = (
    "a/an/the/this/that/these/those/some/any/each/both",
    "she/he/it/they/her/his/their/its/him/them/herself/himself/we/i/you/your/my/our/who/whose/which",
    "is/are/was/were/be/been/being/am/do/does/did/has/have/had/having/will/would/can/could/should/must/may/might",
    "she's/he's/they're/it's/let's",
    "to/of/for/from/by/in/on/at/into/onto/as/up/so/also/too/just/only/even/again/very/quite/really/still/there/here",
    "please/make*/give*/let/lets/start*/begin*/proceed*/try/tries/want/wants/appear/seem/suddenly/now/while/first",
    "initially/showing/shows/show/gives/goes/go/it/its/than/if/when/where/how/what/one/own/kind/as well",
    "other/another/same/time/moment/second/seconds/step/steps/way",
    "他/她/它/的/地/得/了/着/过/在/是/有/一/个/位/名/这/那/吧/啊/呢/吗/就/都/向/往/朝/对/从/把/将/被/让/使/给/与/及/上/下/里/中/去/来/时/请/先/小/间",
    "一个", "一位", "一名", "一下", "开始", "突然", "自己", "首先", "正在", "慢", "露出", "做出", "作出",
)  # fmt: skip
"""Words that ask for nothing by themselves: neither obeyed nor ignored."""

SUBJECTS: Final = (
    "woman/man/girl/boy/person/lady/guy/someone/somebody/subject/character/model/people/child/kid/human/figure",
    "women/men/girls/boys/gentleman/people's",
    "woman's/man's/girl's/boy's/person's/lady's/guy's",
    "camera/lens/viewer/audience/shot/scene/video/clip/film/footage/portrait/photo/picture/image/frame/prompt/animation",
    "[女孩|女人|女子|女生|男孩|男人|男子|男生]",
    "[人物|主角|女士|先生|少女|少年|姑娘|老人|孩子|小孩|镜头|画面|视频|照片|肖像|观众|摄影机|人]",
)
"""Whom the film shows, and the film itself."""

NOMINATIVES: Final = frozenset({"she", "he", "they", "i", "we", "you", "it", "她", "他"})
"""With one of these a new clause begins, and a *no* that was used ends."""

PREPOSITIONS: Final = frozenset(
    ["in", "on", "at", "by", "of", "for", "from", "to", "into", "near", "under", "behind", "like", "with", "在"]
)
"""After one of these a noun is not the one who acts; what is left of a prompt may begin with one: *on a beach*."""

OTHERS: Final = (
    "dog/dogs/cat/cats/bird/birds/horse/horses/puppy/kitten/animal/animals/butterfly/butterflies",
    "car/cars/train/bus/tree/trees/leaf/leaves/grass/flower/flowers/flag/flags/curtain/curtains/candle/flame/flames",
    "hair/water/wave/waves/wind/river/crowd/crowds/bystander/bystanders/passersby/friend/friends/others/everyone",
    "robot/robots/skirt/dress/scarf/cloud/clouds/shadow/shadows/light/lights/sign/clock/stream/engine/time",
    "[小狗|小猫|狗|猫|鸟|马|树叶|头发|裙子|路人|人群|朋友|孩子们|汽车|河水|波浪|云|蝴蝶]",
)
"""Who or what is not the person of the portrait: what they do cannot be shown."""

IMPOSSIBLE: Final = (
    "turn* (back) (around/round/about) (to/and) (leave/go)", "turn* around/round/about", "turn* {his} back",
    "turn* into/to/red/pale/blue/green/white/on/off/out", "turn* upside down", "turn* his/her/their body",
    "turn* the/a/an page/pages/corner/key/knob/handle/wheel/steering/light/lights", "spin*/twirl* around",
    "run*/runs {his} hand/hands/fingers (through)", "run* out/into/over/late/away", "running water/shoes",
    "run* a", "walk* a/the/her/his dog", "walk* out", "runs in the family",
    "look*/gaze*/stare*/glance* (straight/directly/right) (back) (at/into/to/toward/towards) {camera}",
    "look*/looks over {his} shoulder", "look* over {his} {side} shoulder", "look* like", "close up (shot)", "closeup",
    "shake* hands/hand", "shake* {his} {person} hand/hands", "shake* {his} hand/hands/fist/finger/hips/body/hair/leg",
    "tilt* {his} hat/cup/glass/phone", "jump* cut", "jump rope", "hip hop", "jump* over/into/off/onto",
    "dance floor/hall/studio/class/party", "night club/gown/stand/dress/market", "good night", "last night",
    "surprise party/gift/present", "sad music/song/story", "smile lines", "beam of", "happy birthday",
    "rain coat/boots/forest/jacket", "snow white/man/ball/capped/boots/mountain/mountains/board", "sunset colors/colours",
    "black and white dress/shirt/suit/clothes/stripes/striped/cat/dog/hat/coat/jacket/scarf/outfit/checkered/tie/tiles",
    "tracking shot", "frying pan {side}", "talk show", "talking dog/cat/animal", "zoom call/meeting", "walking stick",
    "shaking with/from", "at a/the frown", "light snow/rain", "raining/rains cats and dogs", "step* on", "in a/the race",
    "转身", "转圈", "回到", "走廊", "跑道", "跑车", "跑鞋", "跳绳", "心跳", "逃走", "带走", "拿走", "笑话", "可笑", "玩笑",
    "雪地", "雪山", "雨伞", "雨衣", "看(着)(向)镜头", "注视(着)镜头", "面(向)(对)(着)镜头", "特写", "跟随", "小说", "黑白相间",
    "黑白分明", "红着脸", "好笑", "嘲笑", "哭笑不得", "笑点", "难过的歌", "走神", "走红", "跳动", "跑题", "头发", "左右",
)  # fmt: skip
"""Longer phrases that hold a word of the tables and mean another thing: found first, and never played."""
