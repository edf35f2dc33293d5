"""`s2v schema`: print a JSON Schema, for editors and for programs that read what a run leaves behind."""

from __future__ import annotations

from ...errors import Exit
from ...manifest.schemas import schema_text
from ..args import Args
from ..screen import Screen


def schema(args: Args, screen: Screen) -> int:
    """Print the schema's own text."""
    screen.give(schema_text(args.schema).rstrip("\n"))
    return Exit.OK
