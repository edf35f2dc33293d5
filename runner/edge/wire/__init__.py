"""The wire: where a run speaks HTTP to others, and the only place of this room with httpx, httpcore and aiohttp.

Two ways out: `api` to a provider, with its key and without redirects; `links` to files, without a key, each address
judged before it is connected to. Both send by a `Sender`: aiohttp's, httpcore's or httpx's; what goes wrong becomes
NotSent (safe to repeat, even a paid call) or MaybeSent (never repeat a paid call) there, and nowhere else.
"""

from .api import ApiWire, Portraits, api, retry_after_s
from .links import Incoming, LinkWire, links
from .transport import load, proxy_of

__all__ = [
    "ApiWire",
    "Incoming",
    "LinkWire",
    "Portraits",
    "api",
    "links",
    "load",
    "proxy_of",
    "retry_after_s",
]
