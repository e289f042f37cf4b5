"""The server's own certificate authority: its files, and a certificate for each host name that is asked for.

It can vouch for AWS's names only (X.509 name constraints, RFC 5280 4.2.1.10), so that trusting it opens nothing else.
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sagemaker_local.protocol.hosts import SUFFIXES

_VALID = timedelta(days=30)
_RENEWED = timedelta(days=2)  # one that ends sooner is not used again
_SKEW = timedelta(hours=1)  # of a client's clock
_CONTEXTS = 512
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# The variables that name the authorities that programs trust; what the server's own environment trusts stays trusted.
_TRUST_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE")


class Authority:
    """`certificate` and `bundle` are files to trust; `bundle` holds the machine's authorities too."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "ca.pem"
        self.bundle = folder / "ca-bundle.pem"
        self._folder = folder
        self._ca, self._key = self._load_or_make(folder / "ca-key.pem")
        self.bundle.write_text("\n".join([*_trusted_by_the_machine(), self.certificate.read_text()]))
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self.context = lru_cache(maxsize=_CONTEXTS)(self._context)

    def _load_or_make(self, key_file: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if key_file.exists() and self.certificate.exists():
            ca = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            key = load_pem_private_key(key_file.read_bytes(), password=None)
            ours = isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == ca.public_key()
            if ours and ca.not_valid_after_utc > _now() + _RENEWED:
                assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - for the type checker
                return ca, key
        key = ec.generate_private_key(ec.SECP256R1())
        ca = _authority_certificate(key)
        _write_secret(key_file, _key_pem(key))
        self.certificate.write_bytes(ca.public_bytes(Encoding.PEM))
        return ca, key

    def _context(self, host: str) -> ssl.SSLContext:
        """The server's side of TLS for a host name."""
        leaf = (
            x509.CertificateBuilder()
            .subject_name(_name("AWS on this machine"))
            .issuer_name(self._ca.subject)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_now() - _SKEW)
            .not_valid_after(self._ca.not_valid_after_utc)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # The ssl module reads certificates from files only.
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="leaf-", suffix=".pem")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_key_pem(self._leaf_key) + leaf.public_bytes(Encoding.PEM))
            context.load_cert_chain(name)
        finally:
            Path(name).unlink()
        return context


def _authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("sagemaker_local: AWS on this machine")
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = x509.NameConstraints(permitted_subtrees=[x509.DNSName(each) for each in SUFFIXES], excluded_subtrees=None)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - _SKEW)
        .not_valid_after(_now() + _VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(names, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _trusted_by_the_machine() -> list[str]:
    """Certificates of the files that the server's environment names, the system's file and certifi's, each once."""
    named = [os.environ.get(name) for name in _TRUST_VARIABLES]
    found: dict[str, None] = {}
    for file in (*named, ssl.get_default_verify_paths().cafile, certifi.where()):
        if file and Path(file).is_file():
            found |= dict.fromkeys(_PEM.findall(Path(file).read_text(errors="replace")))
    return list(found)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _now() -> datetime:
    return datetime.now(timezone.utc)
