"""What passes between Ray and the user: what Ray's words mean, and what of the user's environment Ray may have."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .envelope import is_secret
from .fingerprint import differences

PROXY: Final = "://"  # in an address of Ray Client, or of the service for jobs
PROXIED: Final = (
    "leads through a proxy that keeps what belongs to the run; start s2v on a node of the cluster, with --executor "
    "ray=auto, or give the address of its head as HOST:PORT, mostly port 6379"
)
_UNADMITTED: Final = (
    "the cluster asks for a token, and the one given is missing or wrong; set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN "
    "or RAY_AUTH_TOKEN_PATH as on the cluster"
)
_SIGNS: Final[Mapping[str, str]] = {
    "InvalidAuthToken": _UNADMITTED,
    "no authentication token was found": _UNADMITTED,
    "Could not find any running Ray instance": "no Ray runs on this machine; start one, or give the HOST:PORT of one",
    "Failed to connect to GCS": "nothing answers there as Ray does; is the cluster up, and the port that of its head?",
}
"""What Ray says where it cannot be reached, and what that means."""

_SAME: Final = "install the same s2v with the same extras on every node"
_VERSIONS: Final = re.compile(
    r"Version mismatch: The cluster was started with:\s+Ray: (\S+)\s+Python: (\S+)\s+"
    r"This process .* was started with:\s+Ray: (\S+)\s+Python: (\S+)"
)

_KEPT: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|VIRTUAL_ENV|LD_LIBRARY_PATH|SSL_CERT_(FILE|DIR)"
    r"|(https?|all|no)_proxy|(CUDA|NVIDIA|OMP|PYTHON|S2V|HF)_?.*",
    re.IGNORECASE,
)
_RAYS_OWN: Final = "RAY_"  # with the token of a cluster, which Ray itself hands on


def meaning_of(words: str) -> str | None:
    """Return what Ray's words mean for the user; None for what is no reason to give up."""
    if found := _VERSIONS.search(words):
        theirs, their_python, ours, our_python = found.groups()
        return (
            f"the cluster runs Ray {theirs} on Python {their_python}, and here are Ray {ours} and Python {our_python}; "
            "install the cluster's own versions here"
        )
    return next((meaning for sign, meaning in _SIGNS.items() if sign in words), None)


def objection(start: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """Return what is not as it must be on a worker that looked at itself, in words; None where all is."""
    where = found["where"]
    if "absent" in found:
        return f"s2v is not installed for {found['python']} on {where} ({found['absent']}); {_SAME}"
    if unlike := differences(start["fingerprint"], found["fingerprint"]):
        return f"there is another s2v on {where}: {unlike}; {_SAME}"
    if not start["probe"] or found.get("nonce") == start["nonce"]:
        return None
    return (
        f"{where} does not see the run folder: {found.get('unseen', 'another folder has its path')}; mount it there "
        "under the same path, or use --executor local"
    )


def surroundings(environ: Mapping[str, str], *, own: Path | None) -> dict[str, str]:
    """Return the environment of an envoy: what Ray and a step need, and nothing that is called like a secret.

    Ray hands it to each worker of a Ray of our own, whose folder is `own`, and which gets a token that nobody else
    knows, because Ray listens to the network.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name.startswith(_RAYS_OWN) or (_KEPT.fullmatch(name) and not is_secret(name))
    }
    kept["PYTHONPATH"] = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
    kept["RAY_USAGE_STATS_ENABLED"] = "0"
    if own is not None:
        kept.pop("RAY_AUTH_TOKEN_PATH", None)
        kept |= {"RAY_TMPDIR": str(own), "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return kept
