"""The nouns of the program: manifest, portrait, item, job, verdict, artifact. Values only, no behaviour that decides.

Times are seconds since the Unix epoch (`float`), durations end in `_s`, sizes in bytes, money in millionths of a
currency unit. Everything is frozen, and tuples stand inside. Everybody takes them from here.
"""

from .amounts import MICROS, Backoff, Money, Rate
from .items import MODEL, Item, Portrait
from .jobs import Download, Job, Kind, Notes, Output, Verdict
from .manifest import (
    Callback,
    CheckPolicy,
    Destination,
    Limits,
    Manifest,
    ProviderSettings,
    RetryPolicy,
    Shard,
    StopAfter,
    Wish,
)
from .videos import Artifact, Clip

__all__ = [
    "MICROS",
    "MODEL",
    "Artifact",
    "Backoff",
    "Callback",
    "CheckPolicy",
    "Clip",
    "Destination",
    "Download",
    "Item",
    "Job",
    "Kind",
    "Limits",
    "Manifest",
    "Money",
    "Notes",
    "Output",
    "Portrait",
    "ProviderSettings",
    "Rate",
    "RetryPolicy",
    "Shard",
    "StopAfter",
    "Verdict",
    "Wish",
]
