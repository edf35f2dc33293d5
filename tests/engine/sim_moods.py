"""All that a simulated provider may answer, by mood; MiniMax's codes, and what comes where none is."""

from __future__ import annotations

from typing import Any, Final

from sim_rules import Outage
from studio import Answer, dies, says, shows, unsent

from runner.dialects.seam import Reply

OK: Final = {"status_code": 0, "status_msg": "success"}
TOO_MANY: Final = Answer(heard=Reply(status=429, headers={}, document=None, text="slow down", retry_after_s=90.0))
REFUSALS: Final = (
    says(1002), says(1002, retry_after_s=300.0), says(1002, retry_after_s=1e9), says(1039), says(1041), TOO_MANY,
    says(1008), says(1004), says(1026), says(1026), says(2013), says(2056), says(2049, status=401),
)  # fmt: skip
FINAL: Final = frozenset({1026, 2013})
ACCOUNT: Final = frozenset({1004, 2049, 1008})
CLEAR: Final = FINAL | ACCOUNT
DOUBTS: Final = (
    says(1000), says(1001), says(1024, status=500), says(1033), says(1033, status=500), says(0), says(4242),
    shows("<html>Bad Gateway", status=502), shows("", status=503), shows("{", status=200), shows("", status=200),
    shows("<html>Welcome to the hotel"), shows("[]", document=[]), shows("{}", status=504, document={}),
    dies("ReadError: reset", after_s=0.5), dies("RemoteProtocolError: cut", after_s=1.0), dies(after_s=60.0),
)  # fmt: skip
LOST: Final = (
    says(1000), says(1002), says(1024), says(1033), shows("<html>", status=502), shows("{"), shows(""),
    dies("ReadError: reset", after_s=0.5), dies(after_s=20.0), unsent(), says(1002, retry_after_s=120.0),
)  # fmt: skip
WORDS: Final = ("Preparing", "Uploading", "", "Sleeping")
BROKEN: Final[dict[Outage, Answer]] = {
    "no key": says(1004), "no money": says(1008), "long pause": says(2056), "down": shows("", status=503),
    "silent": dies(after_s=60.0),
}  # fmt: skip
BROKEN_TOTALLY: Final = frozenset({"no key", "down", "silent"})


def code_of(answer: Answer) -> int | None:
    """Return MiniMax's code in an answer, None where it has none."""
    document: Any = answer.heard.document if isinstance(answer.heard, Reply) else None
    return document.get("base_resp", {}).get("status_code") if isinstance(document, dict) else None


def replies(document: dict[str, Any], *, after_s: float = 0.25) -> Answer:
    """Answer with a document, as a provider in its right mind does."""
    return Answer(heard=Reply(status=200, headers={}, document=document, text=""), after_s=after_s)
