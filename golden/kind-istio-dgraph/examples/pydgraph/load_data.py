#!/usr/bin/env python3
"""Loads a schema and RDF N-Quads into Dgraph, over gRPC.

All files go into one transaction: either all of the data arrives or none of it, and a blank node
means the same node in every file. Existing data is kept unless `--drop-all` is given.

Exit codes: 0 loaded; 1 the server could not be reached or refused; 2 wrong arguments or unreadable files.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import grpc
import pydgraph

GZIP_MAGIC = b"\x1f\x8b"
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
# The server says these while it starts, or while an Alpha finds its group; they pass by themselves.
PASSING_CODES = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
PASSING_WORDS = (
    "Please retry",
    "opIndexing is already running",
    "not ready to accept requests",
)
# A transaction that met another one is aborted, and may be tried again as it is.
ABORTED_CODES = (grpc.StatusCode.ABORTED,)
COMMIT_TRIES = 5

T = TypeVar("T")


class LoadError(Exception):
    """What went wrong, in words for the user."""


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments, checked as far as they can be without a server."""
    parser = argparse.ArgumentParser(
        description="Load a schema and RDF N-Quads into Dgraph.",
        # Nobody drops everything by an abbreviation.
        allow_abbrev=False,
    )
    parser.add_argument(
        "-a",
        "--alpha",
        default="127.0.0.1:9080",
        metavar="HOST:PORT",
        help="gRPC address of an Alpha (default: %(default)s)",
    )
    parser.add_argument(
        "-s",
        "--schema",
        required=True,
        type=Path,
        metavar="FILE",
        help="schema, plain or gzip",
    )
    parser.add_argument(
        "-f",
        "--files",
        required=True,
        type=Path,
        nargs="+",
        action="extend",
        metavar="FILE",
        help="RDF N-Quads, plain or gzip; one or several",
    )
    parser.add_argument("--plaintext", action="store_true", help="no TLS")
    parser.add_argument(
        "--tls-cacert",
        type=Path,
        metavar="FILE",
        help="CA that signed the server's certificate, PEM (default: gRPC's own roots)",
    )
    parser.add_argument(
        "--tls-cert",
        type=Path,
        metavar="FILE",
        help="client certificate, PEM; needs --tls-key",
    )
    parser.add_argument(
        "--tls-key",
        type=Path,
        metavar="FILE",
        help="key of the client certificate, PEM; needs --tls-cert",
    )
    parser.add_argument(
        "--drop-all",
        action="store_true",
        help="DELETE all data and the schema of the server first",
    )
    parser.add_argument(
        "--timeout",
        type=positive,
        default=60.0,
        metavar="SECONDS",
        help="limit for each call (default: %(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=not_negative,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for the server to be ready (default: %(default)s)",
    )
    args = parser.parse_args(argv)

    if args.plaintext and (args.tls_cacert or args.tls_cert or args.tls_key):
        parser.error("--plaintext and the --tls-* options exclude each other")
    if bool(args.tls_cert) != bool(args.tls_key):
        parser.error("--tls-cert and --tls-key belong together: give both or neither")
    return args


def seconds(text: str) -> float:
    """A finite number of seconds."""
    value = float(text)
    if not abs(value) < float("inf"):
        raise ValueError(text)
    return value


def positive(text: str) -> float:
    """A number of seconds above zero."""
    value = seconds(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"`{text}` is not above zero")
    return value


def not_negative(text: str) -> float:
    """A number of seconds, zero included."""
    value = seconds(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"`{text}` is below zero")
    return value


def read_bytes(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LoadError(f"cannot read `{path}`: {error.strerror}") from error


def read_text(path: Path) -> str:
    """The text of a file, unpacked if it is gzip, whatever its name."""
    data = read_bytes(path)
    if data.startswith(GZIP_MAGIC):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise LoadError(f"cannot unpack `{path}`: {error}") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LoadError(f"`{path}` is not UTF-8: {error}") from error


def credentials(args: argparse.Namespace) -> grpc.ChannelCredentials | None:
    """TLS with or without a client certificate; None for plaintext."""
    if args.plaintext:
        return None
    return grpc.ssl_channel_credentials(
        root_certificates=read_bytes(args.tls_cacert) if args.tls_cacert else None,
        private_key=read_bytes(args.tls_key) if args.tls_key else None,
        certificate_chain=read_bytes(args.tls_cert) if args.tls_cert else None,
    )


def code_of(error: BaseException) -> grpc.StatusCode | None:
    """The gRPC status of an error; pydgraph wraps some, and keeps the cause as its first argument or context."""
    seen: list[BaseException] = []
    current: object = error
    while isinstance(current, BaseException) and current not in seen:
        seen.append(current)
        code = getattr(current, "code", None)
        if callable(code):
            found = code()
            return found if isinstance(found, grpc.StatusCode) else None
        current = (
            current.args[0]
            if current.args and isinstance(current.args[0], BaseException)
            else current.__context__
        )
    return None


def words(error: BaseException) -> str:
    """An error in one line."""
    details = getattr(error, "details", None)
    text = details() if callable(details) else str(error)
    code = code_of(error)
    line = " ".join(str(text or type(error).__name__).split())
    return (
        f"{code.name}: {line}" if code is not None and code.name not in line else line
    )


def passes(error: BaseException) -> bool:
    """Whether the same call may succeed a little later."""
    return code_of(error) in PASSING_CODES or any(
        word in str(error) for word in PASSING_WORDS
    )


def patiently(
    call: Callable[[float], T], *, what: str, timeout: float, wait: float
) -> T:
    """The result of `call(limit)`, tried again for `wait` seconds while the server is not ready."""
    end = time.monotonic() + wait
    pause = FIRST_PAUSE
    while True:
        try:
            return call(timeout)
        except Exception as error:
            left = end - time.monotonic()
            if not passes(error) or left <= 0:
                raise LoadError(f"{what}: {words(error)}") from error
            print(f"waiting for the server: {words(error)}", file=sys.stderr)
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE)


def metadata() -> list[tuple[str, str]] | None:
    """The admin token, which Alter needs where the server has one. From the environment, so that no list of processes shows it."""
    token = os.environ.get("DGRAPH_AUTH_TOKEN")
    return [("auth-token", token)] if token else None


def commit(client: pydgraph.DgraphClient, nquads: str, timeout: float) -> int:
    """Writes the N-Quads in one transaction; the number of new nodes."""
    for attempt in range(1, COMMIT_TRIES + 1):
        txn = client.txn()
        try:
            response = txn.mutate(set_nquads=nquads, commit_now=True, timeout=timeout)
            return len(response.uids)
        except Exception as error:
            aborted = (
                isinstance(error, pydgraph.AbortedError)
                or code_of(error) in ABORTED_CODES
            )
            if not aborted or attempt == COMMIT_TRIES:
                # Whether a commit that timed out took place is not known: the user has to be told, not helped.
                raise LoadError(f"cannot write the data: {words(error)}") from error
            time.sleep(FIRST_PAUSE * attempt)
        finally:
            try:
                txn.discard(timeout=timeout)
            except grpc.RpcError as error:  # nothing is lost by it: the server forgets open transactions by itself
                print(
                    f"note: the transaction was not discarded: {words(error)}",
                    file=sys.stderr,
                )
    raise AssertionError("unreachable")


def load(
    args: argparse.Namespace,
    schema: str,
    nquads: str,
    tls: grpc.ChannelCredentials | None,
) -> None:
    """Schema first, then data: predicates that come without a schema would get guessed types."""
    options = [
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
        # An Alpha inside the cluster is never behind the proxy that the environment may name.
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_reconnect_backoff_ms", 2000),
    ]
    stub = pydgraph.DgraphClientStub(args.alpha, credentials=tls, options=options)
    try:
        client = pydgraph.DgraphClient(stub)
        # A first call is short, so that a server that never answers costs `--wait`, not `--timeout`.
        first = min(args.timeout, max(args.wait, 5.0))
        version = patiently(
            lambda limit: client.check_version(timeout=limit),
            what=f"cannot reach `{args.alpha}`",
            timeout=first,
            wait=args.wait,
        )
        print(f"connected to {args.alpha}, Dgraph {version or '(no version said)'}")

        if args.drop_all:
            operation = pydgraph.Operation(drop_all=True)
            patiently(
                lambda limit: client.alter(
                    operation, timeout=limit, metadata=metadata()
                ),
                what="cannot drop the data",
                timeout=args.timeout,
                wait=0,
            )
            print("dropped all data")

        operation = pydgraph.Operation(schema=schema)
        # Setting a schema twice is the same as once, so this may be tried again.
        patiently(
            lambda limit: client.alter(operation, timeout=limit, metadata=metadata()),
            what="cannot set the schema",
            timeout=args.timeout,
            wait=args.wait,
        )
        print(f"set the schema of {args.schema}")

        nodes = commit(client, nquads, args.timeout)
        print(f"loaded {', '.join(map(str, args.files))}: {nodes} new nodes")
    finally:
        stub.close()


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code."""
    args = parse_arguments(argv)
    try:
        # All files are read before the server hears of anything: a missing one changes nothing there.
        schema = read_text(args.schema)
        nquads = "\n".join(read_text(path) for path in args.files)
        tls = credentials(args)
    except LoadError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        load(args, schema, nquads, tls)
    except LoadError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
