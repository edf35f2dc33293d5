"""The exceptions of httpx and httpcore, which bear the same names, sorted: not sent for certain, or perhaps sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import MaybeSent, NotSent
from ...values import dataclass
from .sender import UnreachedError
from .words import unquoted

Exceptions = tuple[type[Exception], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """A library's exceptions, by what they say of the request; the first table that fits holds."""

    unreached: Exceptions
    not_sent: Exceptions
    maybe_sent: Exceptions

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise NotSent or MaybeSent for what is raised; tests hold each library's whole tree against the tables."""
        try:
            yield
        except self.unreached as error:
            raise UnreachedError(_words(error)) from error
        except self.not_sent as error:
            raise NotSent(_words(error)) from error
        except self.maybe_sent as error:
            raise MaybeSent(heard_words(error)) from error


def heard_words(error: Exception) -> str:
    """Return the words of an exception that may quote what a server said."""
    return unquoted(_words(error))


def _words(error: Exception) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name
