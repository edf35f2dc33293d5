"""The commands that look at what a run left behind: they send nothing and buy nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..flags import take_env_file, take_json, take_target
from ..typed import item_id
from .adding import Add, Group, add, add_many

SHELLS: Final = ("bash", "zsh", "fish")
SCHEMAS: Final = (
    "manifest", "faults", "report", "results", "sidecar", "journal", "event", "check", "plan", "resolve", "review",
    "verify", "explain", "diff", "steer", "watch", "doctor", "providers", "provenance",
)  # fmt: skip


def _add_verify(group: Group) -> None:
    from ..commands.verify import verify

    made = add(group, "verify", verify, "hash and decode the videos anew; compare with journal and object store")
    take_target(made)
    made.add_argument("--journal", action="store_true", help="hold the journal's index against its events, too")
    take_json(made)
    take_env_file(made)


def _add_report(group: Group) -> None:
    from ...report.papers import PAPERS
    from ..commands.report import report

    made = add(group, "report", report, "write the reports anew from the journal")
    take_target(made)
    made.add_argument("--print", dest="paper", choices=list(PAPERS), help="print this one and write none")
    made.add_argument("--open", dest="opens", action="store_true", help="open report.html in the browser")
    take_env_file(made)


def _add_explain(group: Group) -> None:
    from ..commands.explain import explain

    made = add(group, "explain", explain, "tell an item's whole story")
    take_target(made)
    add_many(made, "ids", least=1, of=item_id, metavar="ID", words="the items")
    take_json(made, " for each")


def _add_diff(group: Group) -> None:
    from ..commands.diff import diff

    made = add(group, "diff", diff, "compare a manifest with its run folder")
    take_target(made)
    take_env_file(made)
    take_json(made)


def _add_log(group: Group) -> None:
    from ..commands.log import log

    made = add(group, "log", log, "print every fact of the journal as a line of JSON")
    take_target(made)
    add_many(made, "ids", least=0, of=item_id, metavar="ID", words="only these items")


def _add_doctor(group: Group) -> None:
    from ..commands.doctor import doctor

    made = add(group, "doctor", doctor, "check keys, clock, disk and reach before a run; spends nothing")
    take_target(made, is_needed=False)
    made.add_argument("--offline", action="store_true", help="ask nobody, neither providers nor an object store")
    take_json(made)
    take_env_file(made)


def _add_schema(group: Group) -> None:
    from ..commands.schema import schema

    made = add(group, "schema", schema, "print a JSON Schema")
    made.add_argument(
        "schema", nargs="?", default="manifest", choices=SCHEMAS,
        help="which one (default: manifest); run, retry, fetch and status print a report by --json, status --watch "
        "a watch, set, pause, continue and cancel a steer, run --dry-run a plan",
    )  # fmt: skip


def _add_providers(group: Group) -> None:
    from ..commands.providers import providers

    made = add(group, "providers", providers, "say what is known of each provider, and from where")
    take_json(made)


def _add_completion(group: Group) -> None:
    from ..commands.completion import completion

    made = add(group, "completion", completion, "print what makes a shell complete the words of s2v")
    made.add_argument("shell", choices=SHELLS, help="for which shell: source <(s2v completion bash)")


LOOKING: Final[Mapping[str, Add]] = {
    "verify": _add_verify,
    "report": _add_report,
    "explain": _add_explain,
    "diff": _add_diff,
    "log": _add_log,
    "doctor": _add_doctor,
    "schema": _add_schema,
    "providers": _add_providers,
    "completion": _add_completion,
}
