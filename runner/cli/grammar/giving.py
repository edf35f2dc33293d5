"""The commands that make something of finished videos, or without a run at all: data sets, copies, clips, a service."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..flags import take_credentials, take_executor, take_signing, take_target
from ..typed import frames, host, link_s, micros, picture_size, port, positive, price, size, split, submit_rate, words
from .adding import Add, Group, add, add_many, sentence

RENDERS: Final = ("animatic", "tiny", "wan-vace")
WAN_VACE: Final = (
    "An open model makes the videos, Wan 2.1 VACE: pip install 's2v-runner[gpu]', and a GPU that CUDA drives. Its "
    "repository says Apache-2.0 of code and weights. The default model has 19 GB of files, fetched once. GPU memory: "
    "11.4 GB at the least, as its text encoder has so many; a user of its own program tells of 18 GB for a video "
    "(github.com/Wan-Video/Wan2.1, issue 399). Not measured by s2v. "
    "Unlike an animatic, a video need not come out the same twice."
)


def _add_export(group: Group) -> None:
    from ...export.making import FORMS
    from ..commands.export import export

    made = add(group, "export", export, "make a data set of the finished videos that the usual libraries load")
    take_target(made)
    made.add_argument("--to", required=True, choices=FORMS, help="the form of the data set")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to fill, new or this export's")
    made.add_argument(
        "--split", type=split, metavar="NAME=SHARE,...", help="by person, such as train=0.8,validation=0.1,test=0.1"
    )
    made.add_argument(
        "--person", type=words, metavar="KEY",
        help="the metadata that names who is shown (default: each portrait is a person)",
    )  # fmt: skip
    links = made.add_mutually_exclusive_group()
    links.add_argument("--link", dest="links", action="store_true", default=True, help="link videos where that can be")
    links.add_argument("--copy", dest="links", action="store_false", help="copy every video")
    made.add_argument("--shard-size", type=size, metavar="SIZE", help="of a webdataset archive, at most (default: 1GB)")
    made.add_argument("--quiet", "-q", action="store_true", help="show no progress")


def _add_merge(group: Group) -> None:
    from ..commands.merge import merge

    made = add(group, "merge", merge, "put the run folders of shards together; only reads them, and sends nothing")
    made.add_argument("target", type=Path, metavar="FOLDER", help="where to: the whole run's folder, new or not")
    add_many(made, "sources", least=1, of=Path, metavar="SHARD", words="the folders to take over")
    made.add_argument("--dry-run", action="store_true", help="say what would be new, and write nothing")
    made.add_argument(
        "--keep-both", action="store_true", help="an item that was bought in two folders: count both, keep both videos"
    )


def _add_purge(group: Group) -> None:
    from ..commands.purge import purge

    made = add(group, "purge", purge, "remove a person from a run folder and its exports, for good")
    take_target(made)
    made.add_argument(
        "--portrait", required=True, metavar="SHA256|PATH",
        help="the portrait that shows them: its file or URL, or its digest",
    )  # fmt: skip
    made.add_argument(
        "--export", dest="exports", type=Path, action="append", default=[], metavar="DIR",
        help="an export of this run to take them out of as well; repeatable",
    )  # fmt: skip
    made.add_argument("--dry-run", action="store_true", help="say what would go, and do nothing")
    made.add_argument("--yes", "-y", action="store_true", help="do not ask")
    made.add_argument("--lift", action="store_true", help="let the person be bought again, whose videos stay gone")


def _add_animatic(group: Group) -> None:
    from ..commands.animatic import animatic

    made = add(group, "animatic", animatic, "draw one clip from a portrait and a prompt, offline; not a paid video")
    made.add_argument("target", type=Path, metavar="PORTRAIT", help="a JPEG, PNG or WebP file")
    made.add_argument(
        "prompt", type=words, metavar="PROMPT", help="what happens, in English or Chinese; [Push in] moves the camera"
    )
    made.add_argument("--out", type=Path, required=True, metavar="CLIP.mp4", help="the file to write")
    made.add_argument("--sheet", type=Path, metavar="SHEET.png", help="a contact sheet as well, the beats included")
    made.add_argument("--seed", type=int, metavar="N", help="another one is another take (default: 0)")
    made.add_argument("--quiet", "-q", action="store_true", help="show no progress")


def _add_provenance(group: Group) -> None:
    from ..commands.provenance import sign, verify

    told = "sign copies of the videos with content credentials (C2PA), or read those of a file"
    steps = group.add_parser("provenance", help=told, description=sentence(told), allow_abbrev=False).add_subparsers(
        metavar="STEP", required=True
    )
    made = add(steps, "sign", sign, "sign a copy of every finished video; the delivered files stay as they are")
    take_target(made)
    take_signing(made)
    made = add(steps, "verify", verify, "say what files say of themselves, and if they changed")
    add_many(made, "files", least=1, of=Path, metavar="FILE", words="MP4 files")
    take_credentials(made)


def _add_serve(group: Group) -> None:
    from ..commands.serve import serve

    made = add(group, "serve", serve, "serve the S2V API on a port; prints its base URL")
    made.add_argument(
        "--folder", type=Path, default=Path("s2v-service"),
        help="where it keeps orders and videos (default: s2v-service)",
    )  # fmt: skip
    made.add_argument("--host", type=host, default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    made.add_argument("--port", type=port, default=8000, help="the port, 0 for any free one (default: 8000)")
    made.add_argument(
        "--keys", type=Path, metavar="FILE", help="admit only these keys, one a line (default: S2V_SERVE_KEY, or all)"
    )
    films = made.add_argument_group("videos")
    films.add_argument("--render", default="animatic", choices=RENDERS, help="tiny takes no time, wan-vace a GPU")
    films.add_argument("--workers", type=positive, help="videos made at one time (default: one a core, or a GPU)")
    take_executor(films, "draws")
    films.add_argument(
        "--link-lifetime", type=link_s, metavar="TIME",
        help="how long a download link works, such as 90s (default: 1h, at Modellix 24h)",
    )  # fmt: skip
    _add_wan_vace(made.add_argument_group("--render wan-vace", WAN_VACE))
    terms = made.add_argument_group("terms, for each key at each provider")
    terms.add_argument("--rate", type=submit_rate, metavar="N/TIME", help="submits in any window of that length: 5/1m")
    terms.add_argument("--in-flight", type=positive, metavar="N", help="unfinished jobs at one time")
    terms.add_argument("--balance", type=micros, metavar="AMOUNT", help="what there is to spend (default: no end)")
    terms.add_argument(
        "--price", type=price, action="append", default=[], metavar="NAME=AMOUNT", help="of a job: vapi=0.50"
    )
    trouble = made.add_argument_group("trouble")
    trouble.add_argument("--faults", type=Path, metavar="FILE", help="a script of what goes wrong, and when")
    trouble.add_argument(
        "--allow-private", action="store_true", help="fetch and call back at private addresses, too: for tests"
    )


def _add_wan_vace(some: argparse._ArgumentGroup) -> None:
    some.add_argument(
        "--model", metavar="NAME", help="a folder, or a model of the hub (default: Wan-AI/Wan2.1-VACE-1.3B-diffusers)"
    )
    some.add_argument("--size", type=picture_size, metavar="WxH", help="of the picture, in px (default: 832x480)")
    some.add_argument("--frames", type=frames, metavar="N", help="of a video, 16 a second (default: 81)")
    some.add_argument("--steps", type=positive, metavar="N", help="fewer are quicker and worse (default: 30)")
    some.add_argument("--device", metavar="NAME", help="this GPU alone, such as cuda:1; cpu takes hours (default: all)")


GIVING: Final[Mapping[str, Add]] = {
    "export": _add_export,
    "merge": _add_merge,
    "purge": _add_purge,
    "animatic": _add_animatic,
    "provenance": _add_provenance,
    "serve": _add_serve,
}
