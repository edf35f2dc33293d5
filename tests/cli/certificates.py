"""A certificate authority for a test: a root, and a key below it that may sign content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)
CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "k256": ec.SECP256K1()}


def a_key(kind: str) -> Any:
    match kind:
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "rsa":
            return rsa.generate_private_key(65_537, 2048)
        case curve:
            return ec.generate_private_key(CURVES[curve])


@dataclass(frozen=True)
class Papers:
    """Where a chain, its key, and the root to trust stand."""

    chain: Path
    key: Path
    root: Path

    @property
    def flags(self) -> tuple[str, ...]:
        return "--cert", str(self.chain), "--key", str(self.key)


def papers(folder: Path, kind: str = "p256", *, password: bytes | None = None) -> Papers:
    """Make a root and a key below it, and write them into the folder."""
    root_key, key = a_key("p256"), a_key(kind)
    root = certificate("Test root", root_key, "Test root", root_key, is_root=True)
    leaf = certificate("Test studio", key, "Test root", root_key, is_root=False)
    locked: KeySerializationEncryption = BestAvailableEncryption(password) if password else NoEncryption()
    made = Papers(chain=folder / "chain.pem", key=folder / "key.pem", root=folder / "root.pem")
    made.chain.write_bytes(leaf + root)
    made.root.write_bytes(root)
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return made


def certificate(name: str, key: Any, issuer: str, issuer_key: Any, *, is_root: bool) -> bytes:
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    pem: bytes = builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, common), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )
