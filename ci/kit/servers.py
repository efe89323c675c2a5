"""Servers that answer, keep silent, reset, hang up or refuse, and a stub of api.Dgraph, all on the loopback address."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field

import grpc
from pydgraph.proto import api_pb2 as api
from pydgraph.proto import api_pb2_grpc as api_grpc

KEPT: list[object] = []


def listener() -> socket.socket:
    """A socket on a free port."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", 0))
    KEPT.append(one)
    return one


def serving(answer: Callable[[socket.socket], None]) -> int:
    """The port of a server that handles each connection with `answer`."""
    one = listener()
    one.listen(50)

    def run() -> None:
        while True:
            connection, _ = one.accept()
            threading.Thread(target=guarded, args=(answer, connection), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    return one.getsockname()[1]


def guarded(answer: Callable[[socket.socket], None], connection: socket.socket) -> None:
    """A client that hangs up first is no news."""
    try:
        answer(connection)
    except OSError:
        pass


def dropping() -> int:
    """The port of a server that lets packets fall: its queue is full, so the kernel answers no SYN."""
    one = listener()
    one.listen(0)
    for _ in range(3):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(one.getsockname())
        KEPT.append(client)
    return one.getsockname()[1]


def unresolved() -> int:
    """A port that does not matter."""
    return 1


def refusing() -> int:
    """A port where nobody listens; it stays bound, so that nobody else gets it."""
    return listener().getsockname()[1]


def resets(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def closes(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.close()


def closes_late(connection: socket.socket) -> None:
    """As a sidecar does when its own attempt to connect has timed out."""
    connection.recv(4096)
    time.sleep(3.2)
    connection.close()


def greets(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(4096)
    time.sleep(10)
    connection.close()


def silent(connection: socket.socket) -> None:
    time.sleep(120)
    connection.close()


def http(status: str, body: str) -> Callable[[socket.socket], None]:
    """Answers each request so."""

    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        data = body.encode()
        connection.sendall(f"HTTP/1.1 {status}\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n".encode() + data)
        connection.close()

    return answer


@dataclass
class Dgraph(api_grpc.DgraphServicer):
    """A stub of the server: keeps what it is told, and fails as often as it is asked to."""

    schemas: list[str] = field(default_factory=list)
    drops: int = 0
    data: list[str] = field(default_factory=list)
    commits: int = 0
    calls: int = 0
    tokens: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    failures: dict[str, list[tuple[grpc.StatusCode, str]]] = field(default_factory=dict)

    def _fail(self, what: str, context: grpc.ServicerContext) -> None:
        self.calls += 1
        self.order.append(what)
        if self.failures.get(what):
            context.abort(*self.failures[what].pop(0))

    def CheckVersion(self, request: api.Check, context: grpc.ServicerContext) -> api.Version:
        self._fail("version", context)
        return api.Version(tag="v24.1.9")

    def Alter(self, request: api.Operation, context: grpc.ServicerContext) -> api.Payload:
        self._fail("drop" if request.drop_all else "schema", context)
        self.tokens += [value for key, value in context.invocation_metadata() if key == "auth-token"]
        if request.drop_all:
            self.drops += 1
        if request.schema:
            self.schemas.append(request.schema)
        return api.Payload()

    def Query(self, request: api.Request, context: grpc.ServicerContext) -> api.Response:
        self._fail("data", context)
        self.data += [mutation.set_nquads.decode() for mutation in request.mutations]
        self.commits += request.commit_now
        nodes = {word[2:] for line in self.data for word in line.split() if word.startswith("_:")}
        return api.Response(uids={node: "0x1" for node in nodes}, txn=api.TxnContext(start_ts=1, commit_ts=2))

    def CommitOrAbort(self, request: api.TxnContext, context: grpc.ServicerContext) -> api.TxnContext:
        self.order.append("abort" if request.aborted else "commit")
        return request

    def start(self, credentials: grpc.ServerCredentials | None = None, port: int = 0) -> int:
        """Serves; the port."""
        server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)])
        api_grpc.add_DgraphServicer_to_server(self, server)
        address = f"127.0.0.1:{port}"
        bound = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
        server.start()
        KEPT.append(server)
        return bound
