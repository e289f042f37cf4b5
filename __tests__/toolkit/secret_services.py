"""Secrets Manager, the Parameter Store and a container's credentials, as far as the launcher asks them: by HTTP or TLS.

A request is refused unless it is signed as botocore would sign it.
"""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KEYS = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "role's/secret+key", "Token": "role's token=="}
PREFIX = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
DENIED = (400, {"__type": "AccessDeniedException", "Message": "User: role is not authorized to perform: it"})

# A status and a JSON body.
Reply = tuple[int, dict[str, Any]]


class Services:
    """`replies`: what is answered for an ARN, in turn, the last for ever. `asked`: target, host and parameters."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.credentials: list[Reply] = [(200, KEYS)]
        self.authorization: str | None = None
        self.on_request: Callable[[], None] = lambda: None
        self.url = ""

    def keep(self, name: str, **answer: Any) -> str:
        """The ARN of a secret with this answer: `SecretString="x"`."""
        arn = f"{PREFIX}{name}-a1B2c3"
        self.replies[arn] = [(200, {"ARN": arn, **answer})]
        return arn

    def reply(self, target: str, host: str, headers: Any, url: str, body: bytes) -> Reply:
        """To a POST."""
        parameters = json.loads(body)
        self.asked.append((target, host, parameters))
        self.on_request()
        if not _is_signed(headers, url, body, "ssm" if target.startswith("AmazonSSM.") else "secretsmanager"):
            return 400, {"__type": "com.amazon#InvalidSignatureException", "message": "It does not match."}
        found = self.replies.get(parameters.get("SecretId") or parameters.get("Name"))
        if not found:
            return 400, {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find it."}
        return found.pop(0) if len(found) > 1 else found[0]


def _is_signed(headers: Any, url: str, body: bytes, service: str) -> bool:
    given = {name: value for name, value in headers.items() if name.lower() in ("content-type", "x-amz-target")}
    region = headers["Authorization"].split("/")[2]
    expected = authorization(url, given, body, service, region, KEYS, headers["X-Amz-Date"])
    return bool(headers["Authorization"] == expected and headers["X-Amz-Security-Token"] == KEYS["Token"])


def authorization(
    url: str, headers: dict[str, str], body: bytes, service: str, region: str, keys: dict[str, str], stamp: str
) -> str:
    """The header as botocore makes it."""
    request = AWSRequest(method="POST", url=url, data=body, headers=headers)
    request.context["timestamp"] = stamp
    request.headers["X-Amz-Date"] = stamp
    if keys["Token"]:
        request.headers["X-Amz-Security-Token"] = keys["Token"]
    signer = SigV4Auth(Credentials(keys["AccessKeyId"], keys["SecretAccessKey"]), service, region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    signed = ";".join(sorted(name.lower() for name in [*request.headers, "Host"]))
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={signed}, Signature={signature}"


@contextmanager
def serving(services: Services, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of the services; with `tls` also a proxy's, which answers for whatever host it is to lead to."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        scheme, target = "https" if tls else "http", ""

        def do_GET(self) -> None:
            if self.headers.get("Authorization") != services.authorization:
                return self._answer((403, {}))
            replies = services.credentials
            return self._answer(replies.pop(0) if len(replies) > 1 else replies[0])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            host = self.headers["Host"]
            path = self.path if self.path.startswith("/") else "/"
            url = f"{self.scheme}://{host}{path}"
            self._answer(services.reply(self.headers["X-Amz-Target"], host, self.headers, url, body))

        def do_CONNECT(self) -> None:
            assert tls is not None
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            # Python before 3.12 asks by HTTP/1.0.
            self.scheme, self.close_connection = "https", False
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

        def _answer(self, reply: Reply) -> None:
            body = json.dumps(reply[1]).encode()
            self.send_response(reply[0])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        services.url = f"http://127.0.0.1:{server.server_port}"
        yield services.url
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A file to trust, and a server's context: for a host name or an address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "trusted.pem", folder / "private.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context
