"""A load of prepared requests over keep-alive sockets, from one thread and cheap: the server is what is measured."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_TIMEOUT_S = 60


def post(address: str, path: str, body: bytes) -> bytes:
    """One HTTP/1.1 request as bytes."""
    host = urlsplit(address).netloc
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


@dataclass
class Loaded:
    """What came of a load: seconds in all, and of each request in the order of their ends."""

    seconds: float = 0
    each: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Requests answered a second."""
        return len(self.each) / self.seconds


class _Client:
    """One connection with at most one request under way."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.heard = b""

    def send(self, request: bytes) -> None:
        self.heard = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def answered(self, status: int) -> bool:
        """Whether the answer is complete now; AssertionError where it is another one."""
        part = self.socket.recv(65536)
        assert part, "the server closed a connection"
        self.heard += part
        head, end, body = self.heard.partition(b"\r\n\r\n")
        if not end:
            return False
        assert head.startswith(f"HTTP/1.1 {status} ".encode()), head[:80]
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        return len(body) >= length


def drive(address: str, requests: Sequence[bytes], *, clients: int = 16, status: int = 202) -> Loaded:
    """Send all requests, `clients` at a time, each client the next one as soon as it was answered."""
    waiting: Iterator[bytes] = iter(requests)
    loaded = Loaded()
    with selectors.DefaultSelector() as selector:
        connected = [_Client(address) for _ in range(min(clients, len(requests)))]
        began = time.perf_counter()
        for client in connected:
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(next(waiting))
        while len(loaded.each) < len(requests):
            ready = selector.select(_TIMEOUT_S)
            assert ready, "the server does not answer"
            for key, _ in ready:
                client = key.data
                if client.answered(status):
                    loaded.each.append(time.perf_counter() - client.began)
                    request = next(waiting, None)
                    if request is not None:
                        client.send(request)
        loaded.seconds = time.perf_counter() - began
        for client in connected:
            client.socket.close()
    return loaded
