"""Certificates that are made for one computation, and trusted in it alone."""

import datetime as dt
import secrets
import ssl
from dataclasses import dataclass, field

from dataledger.errors import DependencyMissing, UseDocumentError

_SKEW = dt.timedelta(days=1)
"""By how much clocks may differ. How long an offer holds is checked apart."""


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate and its key, which leaves the node in no form."""

    der: bytes
    key_pem: str = field(repr=False)
    """PKCS #8, encrypted: TLS reads keys from files only, and none lies there in the open."""
    passphrase: str = field(repr=False)


def new_certificate() -> OwnCertificate:
    """Return a new key on P-256, and a certificate that it signed itself.

    Raises:
        DependencyMissing: the package `cryptography` is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise DependencyMissing(
            "Computing with other nodes needs the package cryptography.",
            remedy="Install dataledger[node].",
        ) from error
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _SKEW)
        # It vouches for itself alone: whoever has its key could otherwise make others.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    passphrase = secrets.token_hex(32)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return OwnCertificate(der, key_pem.decode("ascii"), passphrase)


def check_certificate(der: bytes) -> None:
    """Return only if TLS can be told to trust this certificate.

    Raises:
        UseDocumentError: it is no certificate.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
    except (ssl.SSLError, ValueError) as error:
        raise UseDocumentError(
            "An offer's certificate is none.", remedy="Give the offers as the nodes made them."
        ) from error
