"""The nouns of the program: manifest, portrait, item, job, verdict, artifact.

Owns values only, frozen, with tuples inside: times are seconds since the Unix epoch (`float`), durations end in `_s`,
sizes are bytes, money is millionths of a currency unit. May import errors and gates, and everybody may import it, by
this door and not by its modules. Must never hold: behaviour that decides, a format, a provider's word.
"""

from .amounts import MICROS, Backoff, Money, Rate, spelled
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
from .rules import PortraitRules, PromptRules
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
    "PortraitRules",
    "PromptRules",
    "ProviderSettings",
    "Rate",
    "RetryPolicy",
    "Shard",
    "StopAfter",
    "Verdict",
    "Wish",
    "spelled",
]
