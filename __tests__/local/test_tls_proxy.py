"""The proxy behind which AWS's own host names are answered: HTTP's manners, tunnels to other hosts, its authority."""

import http.client
import http.server
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
import requests
from conftest import BUCKET, LOCAL

SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, Signature=0"}


@pytest.fixture(scope="module")
def server(start):
    return start("--time-scale", "0.01", "--tls")


def exchange(server, request):
    """A request's bytes sent inside the TLS of AWS's host for STS, and all that is answered until the end."""
    address = server.told["tls"]["proxy"].removeprefix("http://").split(":")
    context = ssl.create_default_context(cafile=server.told["tls"]["ca"])
    with socket.create_connection((address[0], int(address[1])), 10) as outer:
        outer.sendall(b"CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.0\r\n\r\n")
        assert outer.recv(1000).startswith(b"HTTP/1.1 200 ")
        with context.wrap_socket(outer, server_hostname="sts.us-east-1.amazonaws.com") as inner:
            inner.sendall(request)
            answer = b""
            while block := inner.recv(10_000):
                answer += block
            return answer


def test_a_connection_serves_many_requests(server):
    proxy, context = urlsplit(server.told["tls"]["proxy"]), ssl.create_default_context(cafile=server.told["tls"]["ca"])
    connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context, timeout=20)
    connection.set_tunnel("s3.amazonaws.com", 443)
    connection.connect()
    first = connection.sock

    def ask(method, key="many", body=None, **headers):
        connection.request(method, f"/{BUCKET}/{key}", body, {**SIGNED, **headers}, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Length"], answer.read()

    for number in range(5):
        text = f"text {number}".encode()
        assert ask("PUT", body=text, Expect="100-continue")[0] == 200
        assert ask("HEAD") == (200, "6", b"")
        assert ask("GET") == (200, "6", text)
        assert ask("GET", "no/such")[0] == 404
        assert ask("PUT", body=iter([b"one ", b"two"]), **{"Transfer-Encoding": "chunked"})[0] == 200
        assert ask("GET") == (200, "7", b"one two")
        assert ask("DELETE")[0] == 204
    assert connection.sock is first
    connection.close()


def test_malformed_requests_are_refused(server):
    assert exchange(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: none\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert exchange(server, b"CONNECT a:1 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert exchange(server, b"non sense HTTP/1.1.1\r\n\r\n").startswith(b"Bad request")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server.told["tls"]["proxy"])
    assert refused.value.code == 400


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
def test_a_connection_that_breaks_breaks_for_the_client_too(server, answer):
    """As with a fault that the server was told to make."""
    listener = socket.create_server(("127.0.0.1", 0))

    def break_off():
        connection = listener.accept()[0]
        connection.recv(10_000)
        connection.sendall(answer)
        connection.close()

    threading.Thread(target=break_off, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)) as broken:
        requests.get(url, proxies={"http": server.told["tls"]["proxy"]}, timeout=10)
    assert "timed out" not in str(broken.value)
    listener.close()


def test_a_client_of_http_1_0_gets_no_chunks(server):
    answer = exchange(
        server, b"GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.0\r\nHost: sts.amazonaws.com\r\n\r\n"
    )
    assert b"chunked" not in answer.lower()
    assert b"</GetCallerIdentityResponse>" in answer


def test_the_authority_vouches_for_nothing_but_aws(server, monkeypatch):
    monkeypatch.syspath_prepend(LOCAL)
    from sagemaker_local.tls.authority import Authority  # with the server's own key, for a name that is not AWS's

    context = Authority(server.data).context("example.org")
    client_context = ssl.create_default_context(cafile=server.told["tls"]["ca"])
    one, other = socket.socketpair()
    thread = threading.Thread(target=_handshake, args=(context, one))
    thread.start()
    with other, pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        client_context.wrap_socket(other, server_hostname="example.org")
    thread.join()


def _handshake(context, connection):
    try:
        context.wrap_socket(connection, server_side=True).close()
    except OSError:
        connection.close()


class _Stranger(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])) + b" echoed for " + self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module", params=["https", "http"])
def stranger(request, tmp_path_factory):
    """A server that is not AWS's, with a certificate of an authority of its own: its URL, and that certificate."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stranger)
    certificate = tmp_path_factory.mktemp("stranger") / "cert.pem"
    if request.param == "https":
        key = certificate.with_name("key.pem")
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        names = ["-subj", "/CN=stranger", "-addext", "subjectAltName=DNS:localhost"]
        subprocess.run([*make, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{request.param}://localhost:{server.server_address[1]}/x", certificate
    server.shutdown()
    server.server_close()


def test_other_hosts_are_reached_as_ever(server, stranger):
    url, certificate = stranger
    proxies = dict.fromkeys(["http", "https"], server.told["tls"]["proxy"])
    with requests.Session() as session:
        session.trust_env = False
        body = "x" * 3_000_000
        answer = session.post(url, data=body, proxies=proxies, verify=str(certificate))
        assert answer.text == f"{body} echoed for {url.split('/')[2]}"
        if url.startswith("https"):
            with pytest.raises(requests.exceptions.SSLError):
                session.post(url, proxies=proxies, verify=server.told["tls"]["bundle"])


def test_other_hosts_are_reached_by_the_machines_own_proxy(start, stranger):
    """Another server's proxy plays the machine's: once it is gone, so is the way."""
    url, certificate = stranger
    first = start("--tls")
    behind = dict.fromkeys(["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"], first.told["tls"]["proxy"])
    second = start("--tls", environment={**behind, "NO_PROXY": "", "no_proxy": ""})
    proxies = dict.fromkeys(["http", "https"], second.told["tls"]["proxy"])
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(url, data="x", proxies=proxies, verify=str(certificate)).text.startswith("x echoed")
    first.end()
    with requests.Session() as session:
        session.trust_env = False
        try:
            status = session.post(url, data="x", proxies=proxies, verify=str(certificate)).status_code
        except requests.exceptions.ProxyError:
            status = 502
        assert status == 502


def test_an_authority_in_the_data_folder_is_used_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(LOCAL)
    from sagemaker_local.tls.authority import Authority

    made = Authority(tmp_path).certificate.read_bytes()
    assert Authority(tmp_path).certificate.read_bytes() == made
    (tmp_path / "ca-key.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    with pytest.raises(ValueError, match="PEM"):
        Authority(tmp_path)
    (tmp_path / "ca-key.pem").unlink()
    assert Authority(tmp_path).certificate.read_bytes() != made
