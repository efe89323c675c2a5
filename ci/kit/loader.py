"""load_data.py with the real client, against a stub of Dgraph's API, in plain text and over TLS."""

from __future__ import annotations

import datetime
import gzip
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc
import servers
import world
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from report import check

CODE = grpc.StatusCode
WHOLE = ["version", "schema", "data"]


@dataclass
class Loader:
    """The program in a rendered kit, with one of the two clients."""

    python: Path
    kit: Path
    client: str
    environ: dict[str, str]

    def run(self, *arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
        """Runs it."""
        command = [str(self.python), "load_data.py", *map(str, arguments)]
        # A proxy that the environment names must not be asked for a server in the cluster.
        proxy = {"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1", "grpc_proxy": "http://127.0.0.1:1"}
        return subprocess.run(command, cwd=self.kit, env={**self.environ, **proxy, **environ}, capture_output=True, text=True, timeout=120, check=False)

    def load(self, port: int, *arguments: object, plain: bool = True, wait: float = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Loads the kit's own data."""
        files = [] if "--files" in arguments else ["--files", "sw.nquads.rdf"]
        schema = [] if "--schema" in arguments else ["--schema", "sw.schema"]
        host = "127.0.0.1" if plain else "localhost"
        return self.run(
            *(["--plaintext"] if plain else []), "--alpha", f"{host}:{port}", *files, *schema, "--wait", wait, "--timeout", 5, *arguments, **environ
        )


def run(home: Path) -> None:
    """Both clients."""
    kit = world.tree("aks") / "examples/pydgraph"
    base = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "GRPC_VERBOSITY": "NONE"}
    new = Loader(home / "bin/python", kit, "pydgraph 25.2.0", base)
    old = Loader(home / "bin/python", kit, "pydgraph 24.3.0", {**base, "PYTHONPATH": str(home / "old-client")})
    keys = Keys(world.folder())
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(part, loader) for loader in (new, old) for part in (client_is, loads, fails, retries)]
        jobs += [pool.submit(tls, loader, keys) for loader in (new, old)]
        jobs += [pool.submit(files, new), pool.submit(arguments, new)]
        for job in jobs:
            job.result()


def client_is(loader: Loader) -> None:
    """The client is the one that we mean."""
    command = [str(loader.python), "-c", "from importlib.metadata import version as v; print('pydgraph', v('pydgraph'))"]
    done = subprocess.run(command, env=loader.environ, capture_output=True, text=True, check=False)
    check(f"the client is {loader.client}", done.stdout.strip() == loader.client, done.stdout + done.stderr)


def loads(loader: Loader) -> None:
    """What must arrive, and what must not happen unasked."""
    schema, data = (loader.kit / "sw.schema").read_text(), (loader.kit / "sw.nquads.rdf").read_text()
    stub = servers.Dgraph()
    done = loader.load(stub.start())
    whole = done.returncode == 0 and stub.schemas == [schema] and stub.data == [data] and stub.commits == 1
    check(f"{loader.client}: schema and data arrive whole, in this order", whole and stub.order == WHOLE, f"{stub.order} {done.stdout}{done.stderr}")
    check(f"{loader.client}: nothing is dropped unasked", stub.drops == 0)
    stub = servers.Dgraph()
    done = loader.load(stub.start(), "--drop-all", DGRAPH_AUTH_TOKEN="secret")
    check(
        f"{loader.client}: --drop-all drops, first and once",
        not done.returncode and stub.drops == 1 and stub.order == ["version", "drop", "schema", "data"],
        f"{stub.order} {done.stderr}",
    )
    check(f"{loader.client}: the token is sent, and not said", stub.tokens == ["secret", "secret"] and "secret" not in done.stdout + done.stderr, stub.tokens)


def fails(loader: Loader) -> None:
    """Every failure is one by the exit code, and nothing is done after it."""
    for what, failing, code, order in (
        ("the schema is refused", "schema", CODE.PERMISSION_DENIED, ["version", "schema"]),
        ("the schema is wrong", "schema", CODE.INVALID_ARGUMENT, ["version", "schema"]),
        ("the data is refused", "data", CODE.UNKNOWN, ["version", "schema", "data"]),
        ("dropping is refused", "drop", CODE.PERMISSION_DENIED, ["version", "drop"]),
        ("the version is refused", "version", CODE.UNAUTHENTICATED, ["version"]),
    ):
        stub = servers.Dgraph(failures={failing: [(code, "no, and `why`\nin two lines")]})
        done = loader.load(stub.start(), *(["--drop-all"] if failing == "drop" else []))
        done_after = [word for word in stub.order if word not in ("abort",)]
        good = done.returncode == 1 and done_after == order and done.stderr.count("\n") == done.stderr.count("error: ") == 1
        check(f"{loader.client}: {what}: exit code 1, one line", good and "why" in done.stderr, f"{done.returncode} {stub.order} {done.stderr}")
    for what, port in (
        ("nobody", servers.refusing()),
        ("silence", servers.serving(servers.silent)),
        ("a server of something else", servers.serving(servers.http("200 OK", ""))),
    ):
        done = loader.load(port)
        check(f"{loader.client}: {what} where the server should be: exit code 1", done.returncode == 1 and "error: cannot reach" in done.stderr, done.stderr)


def retries(loader: Loader) -> None:
    """What passes by itself is waited for; what does not is not tried again."""
    starting = [(CODE.UNAVAILABLE, "starting")] * 2
    stub = servers.Dgraph(failures={"version": list(starting), "schema": [(CODE.UNKNOWN, "opIndexing is already running")]})
    done = loader.load(stub.start(), wait=20)
    check(f"{loader.client}: a server that starts is waited for", done.returncode == 0 and len(stub.schemas) == len(stub.data) == 1, done.stderr)
    stub = servers.Dgraph(failures={"data": [(CODE.ABORTED, "Transaction has been aborted. Please retry")] * 2})
    done = loader.load(stub.start())
    check(f"{loader.client}: an aborted transaction is tried again", done.returncode == 0 and len(stub.data) == 1, done.stderr)
    stub = servers.Dgraph(failures={"data": [(CODE.ABORTED, "Transaction has been aborted. Please retry")] * 20})
    done = loader.load(stub.start())
    check(f"{loader.client}: but not for ever", done.returncode == 1 and not stub.data, done.stderr)
    stub = servers.Dgraph(failures={"data": [(CODE.DEADLINE_EXCEEDED, "late")] * 2})
    done = loader.load(stub.start(), wait=20)
    check(f"{loader.client}: a commit of which nobody knows is not tried again", done.returncode == 1 and stub.order.count("data") == 1, done.stderr)


def files(loader: Loader) -> None:
    """Files that are big, packed, several, missing or no text."""
    where = world.folder()
    big = "".join(f'_:n{n} <name> "Nümber {n} – 🚀" .\n' for n in range(120_000))
    (where / "big.rdf").write_text(big)
    (where / "big.rdf.gz").write_bytes(gzip.compress(big.encode()))
    (where / "cut.rdf.gz").write_bytes(gzip.compress(big.encode())[:-20])
    (where / "latin.rdf").write_bytes(b"\xe9t\xe9")
    (where / "schema.gz").write_bytes(gzip.compress((loader.kit / "sw.schema").read_bytes()))
    for name in ("big.rdf", "big.rdf.gz"):
        stub = servers.Dgraph()
        done = loader.load(stub.start(), "--files", where / name, "--schema", where / "schema.gz", "--timeout", 40)
        whole = stub.data == [big] and stub.schemas == [(loader.kit / "sw.schema").read_text()]
        check(f"{name}, {len(big.encode()) / 1e6:.1f} MB: whole", done.returncode == 0 and whole, done.stderr)
    stub = servers.Dgraph()
    done = loader.load(stub.start(), "--files", "sw.nquads.rdf", where / "big.rdf", "--timeout", 40)
    both = (loader.kit / "sw.nquads.rdf").read_text() + "\n" + big
    check("two files go into one transaction", done.returncode == 0 and stub.data == [both] and stub.commits == 1, done.stderr)
    for name in ("cut.rdf.gz", "latin.rdf", "missing.rdf", "."):
        stub = servers.Dgraph()
        done = loader.load(stub.start(), "--files", "sw.nquads.rdf", where / name, "--drop-all")
        check(
            f"`{name}` as a file: exit code 2, and the server hears nothing",
            done.returncode == 2 and not stub.order and "Traceback" not in done.stderr,
            f"{stub.order} {done.stderr}",
        )


def arguments(loader: Loader) -> None:
    """Arguments that contradict each other, or are missing."""
    whole = ("--files", "sw.nquads.rdf", "--schema", "sw.schema")
    for what, given in {
        "no schema": whole[:2],
        "no files": whole[2:],
        "plain text and TLS": (*whole, "--plaintext", "--tls-cacert", "x"),
        "a certificate without a key": (*whole, "--tls-cert", "x"),
        "a key without a certificate": (*whole, "--tls-key", "x"),
        "a time-out of nothing": (*whole, "--timeout", "0"),
        "a wait of no number": (*whole, "--wait", "nan"),
        "a CA that is missing": (*whole, "--tls-cacert", "missing.pem"),
        "dropping by an abbreviation": (*whole, "--drop"),
    }.items():
        done = loader.run(*given)
        check(f"{what}: exit code 2", done.returncode == 2 and "Traceback" not in done.stderr, f"{done.returncode} {done.stderr}")


class Keys:
    """A CA, and certificates by it."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self.sign("ca", self.ca_key, None)
        for name in ("server", "client"):
            key = ec.generate_private_key(ec.SECP256R1())
            self.write(f"{name}.key", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
            self.write(f"{name}.pem", self.sign(name, key, self.ca).public_bytes(serialization.Encoding.PEM))
        self.write("ca.pem", self.ca.public_bytes(serialization.Encoding.PEM))
        other = ec.generate_private_key(ec.SECP256R1())
        self.ca_key, kept = other, self.ca_key
        self.write("other.pem", self.sign("other", other, None).public_bytes(serialization.Encoding.PEM))
        self.ca_key = kept

    def write(self, name: str, data: bytes) -> None:
        (self.where / name).write_bytes(data)

    def read(self, name: str) -> bytes:
        return (self.where / name).read_bytes()

    def sign(self, name: str, key: ec.EllipticCurvePrivateKey, by: x509.Certificate | None) -> x509.Certificate:
        """A certificate for localhost."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self.ca_key, hashes.SHA256())
        )

    def server(self, *, asks: bool) -> grpc.ServerCredentials:
        """What a server shows, and whether it asks the client for the same."""
        pair = [(self.read("server.key"), self.read("server.pem"))]
        return grpc.ssl_server_credentials(pair, self.read("ca.pem") if asks else None, asks)


def tls(loader: Loader, keys: Keys) -> None:
    """With and without a client's certificate."""
    ca = ("--tls-cacert", keys.where / "ca.pem")
    mine = ("--tls-cert", keys.where / "client.pem", "--tls-key", keys.where / "client.key")
    for what, asks, given, code in (
        ("TLS without a client certificate", False, ca, 0),
        ("TLS with one that nobody asked for", False, (*ca, *mine), 0),
        ("TLS with the one that is asked for", True, (*ca, *mine), 0),
        ("TLS without the one that is asked for", True, ca, 1),
        ("TLS by an unknown CA", False, ("--tls-cacert", keys.where / "other.pem"), 1),
        ("TLS by gRPC's own roots", False, (), 1),
        ("TLS with a CA that is no certificate", False, ("--tls-cacert", loader.kit / "sw.schema"), 1),
    ):
        stub = servers.Dgraph()
        done = loader.load(stub.start(keys.server(asks=asks)), *given, plain=False, NO_PROXY="localhost")
        arrived = len(stub.data) == len(stub.schemas) == (0 if code else 1)
        check(
            f"{loader.client}: {what}: exit code {code}",
            done.returncode == code and arrived and "Traceback" not in done.stderr,
            f"{done.returncode} {done.stderr}",
        )
    stub = servers.Dgraph()
    done = loader.load(stub.start(keys.server(asks=False)))
    check(f"{loader.client}: plain text to a TLS server: exit code 1", done.returncode == 1 and not stub.order, done.stderr)
