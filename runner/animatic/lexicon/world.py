"""Whom and what else a prompt speaks of: small words, people, others, and phrases that only look like ours."""

from __future__ import annotations

from typing import Final

FUNCTION_WORDS: Final = (
    "a/an/the/this/that/these/those/some/any/each/both",
    "she/he/it/they/her/his/their/its/him/them/herself/himself/we/i/you/your/my/our/who/whose/which",
    "is/are/was/were/be/been/being/am/do/does/did/has/have/had/having/will/would/can/could/should/must/may/might",
    "she's/he's/they're/it's/let's",
    "to/of/for/from/by/in/on/at/into/onto/as/up/so/also/too/just/only/even/again/very/quite/really/still/there/here",
    "please/make*/give*/let/lets/start*/begin*/proceed*/try/tries/want/wants/appear/seem/suddenly/now/while/first",
    "initially/showing/shows/show/gives/goes/go/it/its/than/if/when/where/how/what/one/own/kind/as well",
    "around/keep*/all/既", "(the) whole/entire time",
    "other/another/same/time/moment/step/steps/way", "on {his} face", "action/actions/movement/movements",
    "他/她/它/的/地/得/了/着/过/在/是/有/一/个/位/名/这/那/吧/啊/呢/吗/就/都/向/往/朝/对/从/把/将/被/让/使/给/与/及/上/下/里/中/去/来/时/请/先/小/间",
    "一个", "一位", "一名", "一下", "开始", "突然", "自己", "首先", "正在", "慢", "露出", "做出", "作出",
    "很", "非常", "十分", "只", "看[起来|上去]", "显得",
)  # fmt: skip
"""Words that ask for nothing by themselves: neither obeyed nor ignored."""

SUBJECTS: Final = (
    "woman/man/girl/boy/person/lady/guy/someone/somebody/subject/character/model/people/child/kid/human/figure",
    "women/men/girls/boys/gentleman/people's",
    "little girl/boy",
    "woman's/man's/girl's/boy's/person's/lady's/guy's",
    "camera/lens/viewer/audience/shot/scene/video/clip/film/footage/portrait/photo/picture/image/frame/prompt",
    "[女孩|女人|女子|女生|男孩|男人|男子|男生]",
    "[人物|主角|女士|先生|少女|少年|姑娘|老人|孩子|小孩|镜头|画面|视频|照片|肖像|观众|摄影机|人]",
)
"""Whom the film shows, and the film itself."""

NOMINATIVES: Final = frozenset({"she", "he", "they", "i", "we", "you", "it", "她", "他"})
"""With one of these a new clause begins, and a *no* that was used ends."""

PREPOSITIONS: Final = frozenset(
    ["in", "on", "at", "by", "for", "from", "to", "into", "near", "under", "behind", "like", "with", "在"]
)
"""After one of these a noun is not the one who acts; what is left of a prompt may begin with one: *on a beach*."""

OTHERS: Final = (
    "dog/dogs/cat/cats/bird/birds/horse/horses/puppy/kitten/animal/animals/butterfly/butterflies",
    "car/cars/train/bus/tree/trees/leaf/leaves/grass/flower/flowers/flag/flags/curtain/curtains/candle/flame/flames",
    "hair/water/wave/waves/wind/river/crowd/crowds/bystander/bystanders/passersby/friend/friends/others/everyone",
    "tear/tears/teardrop/teardrops/sweat/blood/mascara/makeup/nose/firefly/fireflies/spark/sparks",
    "robot/robots/skirt/dress/scarf/cloud/clouds/shadow/shadows/light/lights/sign/clock/stream/engine",
    "[小狗|小猫|狗|猫|鸟|马|树叶|头发|裙子|路人|人群|朋友|孩子们|汽车|河水|波浪|云|蝴蝶]",
)
"""Who or what is not the person of the portrait: what they do cannot be shown."""

IMPOSSIBLE: Final = (
    "turn* the/a/an", "turn* around/round/about", "turn* {his} back", "{his} back to/toward/towards {camera}",
    "turn* into/to/red/pale/blue/green/white/on/off/out", "turn* upside down", "turn* his/her/their body",
    "turn* the/a/an page/pages/corner/key/knob/handle/wheel/steering/light/lights", "spin*/twirl* around",
    "run*/runs {his} hand/hands/fingers (through)", "run* out/into/over/late",
    "run*/race* down {his} face/cheek/cheeks/forehead/chin/neck/nose/skin/arm/arms/back",
    "run*/walk*/dance*/jump*/hop*/race* around/behind/past/beside him/her/them",
    "running water/shoes", "static electricity/noise",
    "running/jogging/walking/race track/trail/path/stick",
    "run* a", "walk* a/the/her/his dog", "walk* out", "runs in the family",
    "look*/looks over {his} shoulder", "look* over {his} {side} shoulder", "look* like",
    "shake* hands/hand", "shake* {his} {person} hand/hands", "shake* {his} hand/hands/fist/finger/hips/body/hair/leg",
    "tilt* {his} hat/cup/glass/phone", "jump* cut", "jump* rope", "hip hop", "jump* over/into/off/onto",
    "dance floor/hall/studio/class/party", "night club/gown/stand/dress/market", "good night", "last night",
    "surprise party/gift/present", "sad music/song/story", "smile lines", "beam of", "happy birthday",
    "rain coat/boots/forest/jacket", "snow white/man/ball/capped/covered/boots/mountain/mountains/board",
    "black and white dress/shirt/suit/clothes/stripes/striped/cat/dog/hat/coat/jacket/scarf/outfit/tie/tiles",
    "sunset colors/colours",
    "tracking shot", "frying pan {side}", "talk show", "talking dog/cat/animal", "zoom call/meeting", "walking stick",
    "shaking with/from", "camera follow* {person}", "follow shot", "raining/rains cats and dogs", "step* on",
    "in a/the race", "cry*/weep* out", "cry*/weep*/sob* (tears) of/with/for joy/laughter/happiness",
    "laugh* (so/hard) until she/he/they cry*", "look* back on", "crying shame/wolf",
    "转身", "转圈", "回到", "走廊", "跑道", "跑车", "跑鞋", "跳绳", "心跳", "逃走", "带走", "拿走", "笑话", "可笑",
    "玩笑", "雪地", "雪山",
    "[海|旁|身|路|窗|河|湖|床|桌]边", "雨伞", "雨衣", "面(向)(对)(着)镜头",
    "跟随", "小说", "黑白相间", "黑白分明", "红着脸", "好笑", "嘲笑", "哭笑不得", "难过的歌", "走神",
    "跳动", "头发", "左右",
)  # fmt: skip
"""Longer phrases that hold a word of the tables and mean another thing: found first, and never played."""
