"""Connections that reach only where they may, and end when their time is over.

The addresses of a host are resolved once, each is checked, and the connection is made to the very
address that was checked: a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

Network = IPv4Network | IPv6Network
LOCAL, OF_LOCAL = "localhost", ("127.0.0.1", "::1")
NUMBERS = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}", re.ASCII)


class RefusedAddress(Exception):
    """The host has no address that may be connected to."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} has the address {address}, which is not public.")
        self.host = host
        self.address = address


class UnknownHost(Exception):
    """The host name has no address."""


def networks(allowed: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(network, strict=False) for network in allowed)


def is_allowed(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether an address is on the public internet or in one of the allowed networks."""
    found = ip_address(address.partition("%")[0])
    carried = _carried(found)
    if any(candidate in network for candidate in carried for network in allowed):
        return True
    return all(
        candidate.is_global and not candidate.is_multicast and not candidate.is_reserved
        for candidate in carried
    )


def written_inside(host: str, allowed: Iterable[Network] = ()) -> str:
    """The address that is not public and that a host is by its very writing, empty if it is none.

    What other names resolve to is told when they are connected to. A number and its parts are read
    as a resolver reads them: `2130706433`, `0x7f.1` and `127.1` are `127.0.0.1`.
    """
    name = host.strip("[]").removesuffix(".").casefold()
    if name == LOCAL or name.endswith(f".{LOCAL}"):
        return "" if any(is_allowed(one, allowed) for one in OF_LOCAL) else OF_LOCAL[0]
    address = _written(name)
    return "" if address is None or is_allowed(address, allowed) else address


def _written(name: str) -> str | None:
    """The address that a name is, in its usual form; None if it is a name to be resolved."""
    try:
        return str(ip_address(name.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(name)) if NUMBERS.fullmatch(name) else None
    except OSError:
        return None


def _carried(address: Any) -> list:
    """An address and the IPv4 address inside it, when it is a mapped or tunnelled one."""
    inner = None
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in ip_network("64:ff9b::/96"):
            inner = ip_address(int(address) & 0xFFFFFFFF)
    if inner is None:
        return [address]
    return (
        [inner]
        if address.ipv4_mapped or address in ip_network("64:ff9b::/96")
        else [address, inner]
    )


class Fenced:
    """Mixed into urllib3's connections: checks before it connects, and can be cut from outside."""

    allowed: tuple[Network, ...] = ()
    _cord: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise UnknownHost(self.host) from error
        for *_, address in found:
            if not is_allowed(address[0], self.allowed):
                raise RefusedAddress(self.host, address[0])
        return self._connect([address for *_, address in found])

    def _connect(self, addresses: list[tuple]) -> socket.socket:
        failure: OSError | None = None
        for address in addresses:
            try:
                connected = socket.create_connection(address[:2], timeout=self.timeout)
            except OSError as error:
                failure = error
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._cord = connected.dup()
            return connected
        raise failure or OSError("no address")

    def cut(self) -> None:
        """End the connection from another thread; whoever reads from it gets an end at once."""
        cord = self._cord
        if cord is not None:
            try:
                cord.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other side was faster
                return

    def release(self) -> None:
        """Called at the very end. `close` is too early: http.client closes the connection and
        reads on from the response when the other side has announced that it will close.
        """
        self.close()
        if self._cord is not None:
            self._cord.close()
            self._cord = None


class FencedHTTPConnection(Fenced, HTTPConnection):
    pass


class FencedHTTPSConnection(Fenced, HTTPSConnection):
    pass


class Deadline:
    """Cuts a connection after so many seconds, however slowly bytes keep dripping."""

    def __init__(self, connection: Fenced, seconds: float) -> None:
        self.passed = False
        self._connection = connection
        self._timer = threading.Timer(seconds, self._strike)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _strike(self) -> None:
        self.passed = True
        self._connection.cut()
