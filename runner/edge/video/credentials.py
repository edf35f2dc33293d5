"""Content credentials (C2PA) in MP4 files: signing a copy with the user's certificate, and reading what a file says.

Nothing goes over the network: no time-stamp server, no look-up of revocations, no remote manifest. C2PA's hash covers
all that makes the video and the claim; padding, and the brand in front of the file, it leaves out.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar

from ...errors import ConfigError, Halt
from ...values import dataclass
from ..disk.files import UNFENCED, halting
from ..disk.regular import is_there
from ..folder.parts import held_part

P = ParamSpec("P")
T = TypeVar("T")

VALID: Final = frozenset({"Valid", "Trusted"})
_OFFLINE: Final = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_MOST: Final = 1 << 20  # bytes of a certificate chain or a key; they have some thousand


class NotSigned(Exception):
    """A file without content credentials, or none that could be read, in words."""


class TakenAway(Halt):
    """What was written of a copy was taken away before it had its name; a purge takes it of everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a file says of itself: who signed it, whether it is unchanged since, and every assertion by its label.

    `is_trusted` means that the signer's chain ends at a trusted certificate; `wrong` holds C2PA's codes of what is.
    """

    is_unchanged: bool
    is_trusted: bool
    signer: str
    wrong: tuple[str, ...]
    assertions: Mapping[str, Any]


def require_c2pa() -> None:
    """Raise ConfigError where the library is not installed."""
    if importlib.util.find_spec("c2pa") is None:
        raise ConfigError("content credentials need c2pa: pip install 's2v-runner[provenance]'")


class Signer:
    """Signs with one key; `chain` is the certificate and those above it, PEM, the signer's own first."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Read both; raise ConfigError that names the file which cannot be used."""
        from c2pa import C2paError, C2paSignerInfo, C2paSigningAlg  # noqa: PLC0415 -- 50 MB, and an extra
        from c2pa import Signer as NativeSigner  # noqa: PLC0415 -- the same

        self._chain = chain
        name, pem = _key(key)
        info = C2paSignerInfo(
            alg=C2paSigningAlg[name], sign_cert=pem_file(chain).encode(), private_key=pem, ta_url=None
        )  # fmt: skip
        try:
            self._signer = NativeSigner.from_info(info)
        except C2paError as error:
            raise ConfigError(f"{chain}: the certificate and {key} do not sign together: {error}") from error

    def sign(self, source: Path, target: Path, definition: Mapping[str, Any], *, run_id: str) -> Credential:
        """Write a signed copy whole to `target`, and return what is read back from it; `source` is only read.

        Raise ConfigError when C2PA refuses the certificate, Halt when the disk refuses, TakenAway as that says.
        """
        from c2pa import Builder, C2paError, Context  # noqa: PLC0415 -- as above

        with held_part(target, run_id) as (aside, copy):
            try:
                settings = Context.from_dict({"verify": _OFFLINE, "builder": {"thumbnail": {"enabled": False}}})
                with Builder(dict(definition), context=settings) as builder, _opened(source, copy, target) as streams:
                    _undisturbed(partial(builder.sign, self._signer, "video/mp4", *streams))
            except C2paError as error:
                raise ConfigError(f"{self._chain}: C2PA does not sign with it: {error}") from error
            copy.flush()
            os.fsync(copy.fileno())
            return _kept(aside, target)


class _Stream:
    """A file as C2PA uses it, which forgets why a disk refused; `refusal` remembers it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.refusal: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        return self._kept(self._file.read, size)

    def write(self, content: bytes) -> int:
        return self._kept(self._file.write, content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._kept(self._file.seek, offset, whence)

    def tell(self) -> int:
        return self._kept(self._file.tell)

    def flush(self) -> None:
        self._kept(self._file.flush)

    def _kept(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return act(*args, **kwargs)
        except OSError as error:
            self.refusal = self.refusal or error
            raise


@contextmanager
def _opened(source: Path, copy: BinaryIO, target: Path) -> Iterator[tuple[_Stream, _Stream]]:
    """Give a video to be read and the copy to be written; raise Halt where a disk refused while C2PA was at work."""
    with halting(source, "read"), source.open("rb") as film:
        reading, writing = _Stream(film), _Stream(copy)
        try:
            yield reading, writing
        finally:
            with halting(target):
                _raise(writing.refusal)
            _raise(reading.refusal)


def _raise(refusal: OSError | None) -> None:
    if refusal is not None:
        raise refusal


def read_credential(path: Path, anchors: str | None = None) -> Credential:
    """Return what a file says of itself; `anchors` are the certificates to trust, PEM. Raise NotSigned if nothing."""
    from c2pa import C2paError  # noqa: PLC0415 -- as above

    try:
        return _undisturbed(partial(_read_credential, path, anchors))
    except C2paError as error:
        raise NotSigned(str(error)) from error


def _read_credential(path: Path, anchors: str | None) -> Credential:
    from c2pa import Context, Reader  # noqa: PLC0415 -- as above

    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    settings = Context.from_dict({"verify": {**_OFFLINE, "verify_trust": True}, **trust})
    with Reader(path, context=settings) as reader:
        return _credential(reader.get_active_manifest() or {}, reader.get_validation_results() or {}, reader)


def _undisturbed(step: Callable[[], T]) -> T:
    """Do a step of C2PA in a thread of its own, and wait for it, also when asked to end meanwhile.

    In the first thread a signal is heard where C2PA calls back for a file, and what it raises there is lost.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(step).result()


def _credential(manifest: Mapping[str, Any], results: Mapping[str, Any], reader: Any) -> Credential:  # noqa: ANN401
    wrong = [each["code"] for each in results.get("activeManifest", {}).get("failure", ())]
    signature, state = manifest.get("signature_info", {}), reader.get_validation_state()
    return Credential(
        is_unchanged=state in VALID,
        is_trusted=state == "Trusted",
        signer=signature.get("common_name") or signature.get("issuer") or "an unnamed signer",
        wrong=tuple(code for code in wrong if state not in VALID or code != "signingCredential.untrusted"),
        assertions={each["label"]: each["data"] for each in manifest.get("assertions", ())},
    )


def pem_file(path: Path) -> str:
    """Return the text of a certificate file; raise ConfigError that says what to do."""
    text = _read(path).decode("ascii", "replace")
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise ConfigError(f"{path} holds no certificate; expected PEM, the signer's own certificate first")
    return text


def _key(path: Path) -> tuple[str, bytes]:
    """Return C2PA's name of the way to sign, and the key as PKCS 8."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- comes with c2pa
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 -- the same

    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except TypeError as error:
        raise ConfigError(f"{path} is locked by a passphrase; give a key that is not") from error
    except ValueError as error:
        raise ConfigError(f"{path} holds no private key; expected PEM") from error
    match key:
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            name = _CURVES[key.curve.name]
        case ed25519.Ed25519PrivateKey():
            name = "ED25519"
        case rsa.RSAPrivateKey():
            name = "PS256"
        case _:
            raise ConfigError(
                f"{path} is of a kind that C2PA does not sign with; use P-256, P-384, P-521, Ed25519 or RSA"
            )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return name, pem


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def _kept(aside: Path, target: Path) -> Credential:
    """Read a copy back and give it its name."""
    try:
        credential = read_credential(aside)
        UNFENCED.move(aside, target)
    except (NotSigned, Halt) as error:
        if is_there(aside):
            raise
        raise TakenAway(
            f"{target} is not signed: what was written of it was taken away meanwhile, as s2v purge does; run the same "
            "command again"
        ) from error
    return credential
