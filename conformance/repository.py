"""The chart repositories that state files name, on this machine: under their own names, over TLS, so that no rendered file has to change.

Only for a mount namespace of its own, in which another /etc/hosts is nobody else's.
"""

from __future__ import annotations

import functools
import os
import ssl
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cluster import must

HERE = Path(__file__).resolve().parent
HOSTS = ("charts.dgraph.io", "blob.istio.io")
# Where the repository is on its host, which charts it has, and in which versions.
Charts = list[tuple[str, Path, str]]


class Handler(SimpleHTTPRequestHandler):
    """A folder a host."""

    def translate_path(self, path: str) -> str:
        """Under the folder of the host that is asked for."""
        host = (self.headers.get("Host") or "").partition(":")[0]
        below = Path(super().translate_path(path)).relative_to(self.directory)
        return str(Path(self.directory) / (host if host in HOSTS else "nobody") / below)

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


def serve(home: Path, helm: Callable[..., None], charts: Charts) -> dict[str, str]:
    """Packs the charts and serves them; the environment that trusts them."""
    root = home / "charts"
    for where, source, version in charts:
        folder = root / where
        folder.mkdir(parents=True, exist_ok=True)
        helm("package", str(source), "--version", version, "--destination", str(folder))
    for where in {where for where, _, _ in charts}:
        helm("repo", "index", str(root / where), "--url", f"https://{where}")
    name_them(home)
    key, certificate = certify(home)
    server = ThreadingHTTPServer(("127.0.0.1", 443), functools.partial(Handler, directory=str(root)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"SSL_CERT_FILE": str(certificate)}


def name_them(home: Path) -> None:
    """The hosts are here."""
    hosts = home / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {' '.join(HOSTS)} {os.uname().nodename}\n")
    must(["mount", "--bind", str(hosts), "/etc/hosts"])


def certify(home: Path) -> tuple[Path, Path]:
    """A key, and a certificate that nobody else trusts."""
    key, certificate = home / "tls.key", home / "tls.crt"
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=conformance", "-addext", f"subjectAltName={names}"]
    must(["openssl", "req", "-x509", *options, "-keyout", str(key), "-out", str(certificate)])
    return key, certificate
