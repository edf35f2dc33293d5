"""The words for light and weather: a kind of beat, and the phrases that ask for it (see `notation`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "sunset": (
        "(at/during/in) (the) sunset/dusk (light/lighting/glow)",
        "(at/during/in) (the) golden hour (light/lighting)",
        "(in) (the) (light of the) setting sun",
        "(the) sun (is) sets/setting/set",
        "(在)[日落|夕阳|落日|黄昏|傍晚](时分)(下)",
    ),
    "night": (
        "(at/by/during) (the) night/nighttime (light/lighting)",
        "(at) night time",
        "(in) (the) moonlight/moonlit",
        "night scene",
        "(在)[夜晚|夜里|晚上|夜间|深夜|夜色](中/里)",
        "(在)月光下",
        "夜景",
    ),
    "black_and_white": (
        "(in) black and white (film/footage/photo/photograph/picture/style/filter/video/look)",
        "(in) b w",
        "(in) b and w",
        "(in) monochrome/greyscale/grayscale",
        "黑白(色)(调)([电影|画面|照片])",
    ),
    "snow": (
        "(in/through) (the) (falling) snow",
        "snowing/snows/snowed/snowy/snowfall",
        "(falling) snowflakes (fall*)",
        "snow (is) fall*",
        "(在)(大)雪中",
        "下(着)(了)(起)(大/小)雪",
        "飘(着)(起)雪(花)",
        "雪花([飘落|飞舞|飘])",
        "大雪(纷飞)",
    ),
    "rain": (
        "(in/through) (the) (pouring/falling) rain",
        "raining/rains/rained/rainy/rainfall",
        "(falling) raindrops (fall*)",
        "rain (is) fall*/pour*",
        "(在)(大)雨中(里)",
        "下(着)(了)(起)(大/小)雨",
        "雨天",
        "大/细/小/暴雨",
    ),
    "sepia": (
        "(in) (a) sepia (tone/toned/tones/filter/look/photo)",
        "棕褐色(调)",
        "[怀旧|复古]色调",
        "老照片",
    ),
}
