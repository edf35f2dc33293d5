"""The words for what the camera does: MiniMax's bracket commands, and the phrases of people (see `notation`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COMMANDS: Final[Mapping[str, str]] = {
    "truck left": "truck_left", "truck right": "truck_right", "左移": "truck_left", "右移": "truck_right",
    "pan left": "pan_left", "pan right": "pan_right", "左摇": "pan_left", "右摇": "pan_right",
    "push in": "push_in", "pull out": "pull_out", "推进": "push_in", "拉远": "pull_out",
    "pedestal up": "pedestal_up", "pedestal down": "pedestal_down", "上升": "pedestal_up", "下降": "pedestal_down",
    "tilt up": "tilt_up", "tilt down": "tilt_down", "上摇": "tilt_up", "下摇": "tilt_down",
    "zoom in": "zoom_in", "zoom out": "zoom_out", "变焦推近": "zoom_in", "变焦拉远": "zoom_out",
    "shake": "shake_camera", "晃动": "shake_camera", "static shot": "static", "固定": "static",
    "static": "static", "hold": "static", "still": "static", "orbit": "orbit",
}  # fmt: skip
"""What stands in brackets, whole: `[Push in]`, `[Truck left, Pan right]`. `[Tracking shot]` (跟随) has no animatic."""

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "push_in": (
        "({camera}) push* in/into/inward/closer/forward ({on_face})",
        "(camera) doll* in/forward/closer ({on_face})",
        "camera move*/creep*/glide*/get*/come*/drift*/fly*/track* in/closer/nearer/forward ({on_face})",
        "camera approach*",
        "camera close* in ({on_face})",
        "(镜头){zh_push}",
        "镜头靠近",
    ),
    "pull_out": (
        "({camera}) pull* back/out/away/backward/backwards",
        "(camera) doll* out/back/backward/backwards/away",
        "camera move*/back*/retreat*/glide*/drift*/track* away/back/backward/backwards/out (from {person})",
        "camera retreat*",
        "(镜头){zh_pull}",
    ),
    "pan_{side}": (
        "({camera}) pan* {to_side}",
        "camera turn*/swing*/rotate*/look*/swivel* {to_side}",
        "(镜头)(向/往/朝){side}(边/侧/方)(横)(平)摇",
    ),
    "pan_right": ("({camera}) pan* from (the) left to (the) right", "(镜头)从左向/往/到右(横)摇"),
    "pan_left": ("({camera}) pan* from (the) right to (the) left", "(镜头)从右向/往/到左(横)摇"),
    "truck_{side}": (
        "({camera}) truck* {to_side}",
        "(camera) doll*/crab* {to_side}",
        "camera move*/slide*/track*/glide*/travel*/drift* {to_side}",
        "(镜头)(向/往/朝){side}(边/侧/方)平移",
        "(镜头){side}移",
        "镜头(向/往/朝){side}(边/侧/方)移(动)",
    ),
    "truck_right": ("(镜头)从左向/往/到右(平)移(动)",),
    "truck_left": ("(镜头)从右向/往/到左(平)移(动)",),
    "tilt_up": (
        "({camera}) tilt* up/upward/upwards",
        "camera look* up/upward/upwards",
        "(镜头)(向/往/朝)上摇",
        "镜头(向/往/朝)上仰",
    ),
    "tilt_down": (
        "({camera}) tilt* down/downward/downwards",
        "camera look* down/downward/downwards",
        "(镜头)(向/往/朝)下摇",
        "镜头(向/往/朝)下俯",
    ),
    "pedestal_up": (
        "({camera}) pedestal*/crane*/boom* up/upward/upwards",
        "camera move*/rise*/go*/lift* up/upward/upwards",
        "camera rise*",
        "镜头(向/往/朝上)[上升|升起|升高|上移]",
        "镜头向/往/朝上移(动)",
    ),
    "pedestal_down": (
        "({camera}) pedestal*/crane*/boom* down/downward/downwards",
        "camera move*/sink*/go*/lower*/descend* down/downward/downwards",
        "camera sink*/descend*",
        "镜头(向/往/朝下)[下降|降低|下移]",
        "镜头向/往/朝下移(动)",
    ),
    "zoom_in": (
        "({camera}) zoom* in/into/closer ({on_face})",
        "({camera}) zoom* (in) {on_face}",
        "变焦[推近|拉近|放大]",
        "镜头[拉近|放大]",
    ),
    "zoom_out": ("({camera}) zoom* out/away/back", "变焦[拉远|缩小]", "镜头缩小"),
    "dolly_zoom": (
        "({camera}) doll* zoom* (in) ({on_face})",
        "camera do/does a dolly zoom ({on_face})",
        "vertigo effect/shot/zoom",
        "(镜头)[滑动变焦|希区柯克变焦]",
    ),
    "orbit": (
        "({camera}) orbit*/circle*/revolve*/arc* (around) ({person}) ({to_side})",
        "camera rotate*/move*/fly*/travel*/go* around ({person})",
        "orbit shot",
        "(镜头)环绕(拍摄)([她|他|人物])",
        "(镜头)(围)绕(着)(她/他)(旋)转",
    ),
    "shake_camera": (
        "camera shake*/tremble*/wobble*",
        "shaky/shaking/wobbly/trembling camera/shot/footage",
        "hand held (camera/shot/footage)",
        "handheld (camera/shot/footage)",
        "camera shake",
        "镜头[抖动|晃动]",
        "手持[镜头|拍摄|镜头拍摄]",
    ),
    "close_up": (
        "close up/ups (shot/portrait/view) (of {his} face/head)",
        "close up (shot/portrait/view) of a/the woman's/man's/girl's/boy's/person's face",
        "closeup (shot/portrait/view) (of {his} face/head)",
        "([面部|脸部])特写(镜头)",
    ),
    "static": (
        "static/still/fixed/locked/stationary camera/shot/frame",
        "static",
        "locked off (camera/shot/frame)",
        "camera is/stay*/remain*/hold*/keep* (completely/perfectly/absolutely) still/fixed/static/stationary/locked",
        "camera stay*/remain* in place",
        "camera do/does/did/must/should/is not move/moving",
        "camera doesn't/don't/doesnt/never/cannot move*",
        "no/without (any) camera movement/motion/move/moves/movements",
        "[固定|静止](的)[镜头|机位]",
        "镜头(保持)[固定|静止|不动]",
    ),
}
