"""Which addresses the researcher may reach. Pure: nothing here touches the network.

A page can name any address it likes, in a link, a redirect or a script; a cloud's metadata service
and a laptop's router are only a URL away. So only global addresses on web ports may be reached,
and exactly those others that the settings allow.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote, urlsplit

type Address = IPv4Address | IPv6Address

WEB_PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_PARTS = 4
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|\d+")
_FORBIDDEN = re.compile(r"[\x00-\x20#/<>?@\\^|%\x7f]")

_GLOBAL_UNICAST = IPv6Network("2000::/3")

# Beside what `ipaddress` knows not to be global; what it knows differs between Python's releases.
_CLOSED = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in IPv6 clothes
        "3fff::/20",  # documentation
    )
)


class AddressRefused(Exception):
    """The guard said no; `reason` is fit for a report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadUrl(AddressRefused):
    """Not an http(s) URL at all."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL points: `host` is a lower-case name, or an address in its one usual form."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """`host:port`, an IPv6 host in brackets, the port always there."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def address(self) -> Address | None:
        """The address, where the host is one."""
        return host_address(self.host)


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides about addresses and ports.

    Attributes:
        allow: exact `ip:port` (`[ip]:port` for IPv6) that may be reached though they are not
            public: the demo site, test servers.
    """

    allow: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def allowing(cls, hosts: Iterable[str]) -> "Guard":
        """A guard with an allow-list, as `Settings.allow_hosts` has it."""
        return cls(frozenset(host.strip() for host in hosts))

    def allows(self, address: Address, port: int) -> bool:
        """Whether the allow-list names it."""
        shown = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - IPv6
        return f"{shown}:{port}" in self.allow

    def check(self, address: Address, port: int) -> None:
        """Let an address pass.

        Raises:
            AddressRefused: it is not public and not allowed, or the port is not a web port.
        """
        if self.allows(address, port):
            return
        if not is_public(address):
            raise AddressRefused(f"{address} is not a public address")
        if port not in WEB_PORTS:
            raise AddressRefused(f"port {port} is not a web port")

    def check_all(self, addresses: Iterable[Address], port: int) -> list[Address]:
        """Let all addresses of a name pass; one bad one spoils the name.

        Raises:
            AddressRefused: as `check`.
        """
        found = list(dict.fromkeys(addresses))
        for address in found:
            self.check(address, port)
        return found

    def check_url(self, url: str) -> Target:
        """Let a URL pass as far as it can be told without a look-up.

        Raises:
            BadUrl: it is no http(s) URL.
            AddressRefused: its host is an address that may not be reached.
        """
        target = parse_target(url)
        if target.address is not None:
            self.check(target.address, target.port)
        return target


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet, and not another address in disguise."""
    # NAT64, IPv4-mapped and other translated addresses lie outside the global unicast block.
    if isinstance(address, IPv6Address) and (
        address not in _GLOBAL_UNICAST or address.scope_id is not None
    ):
        return False
    if any(address in network for network in _CLOSED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def parse_target(url: str) -> Target:
    """Where a URL points, read as browsers read it.

    Raises:
        BadUrl: the scheme is not http(s), or host or port are missing or malformed.
    """
    # Browsers drop tabs and line breaks inside a URL, and take a backslash for a slash.
    text = re.sub(r"[\t\r\n]", "", url.strip()).replace("\\", "/")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadUrl("the address is malformed") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise BadUrl(f"only http and https are read, not {parts.scheme or 'a bare name'}:")
    if parts.username is not None or parts.password is not None:
        raise BadUrl("an address with a user name in it is not read")
    if port == 0:
        raise BadUrl("port 0 does not exist")
    host = normal_host(parts.hostname or "")
    return Target(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme])


def normal_host(host: str) -> str:
    """A host as browsers understand it: `0x7f.1`, `2130706433` and `127.1` are 127.0.0.1.

    Raises:
        BadUrl: no browser would take it.
    """
    if ":" in host:
        return _normal_ipv6(host)
    name = unicodedata.normalize("NFKC", unquote(host)).lower().replace("\u3002", ".")
    if not name or _FORBIDDEN.search(name):
        raise BadUrl("the host name is missing or malformed")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise BadUrl("the host name is malformed") from error
    address = _ipv4(name)
    return str(address) if address is not None else name


def host_address(host: str) -> Address | None:
    """The address a normalised host is, or None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _normal_ipv6(host: str) -> str:
    try:
        return str(IPv6Address(host))
    except ValueError as error:
        raise BadUrl("the IPv6 address is malformed") from error


def _ipv4(name: str) -> IPv4Address | None:
    """The address of a host whose last part is a number, by the WHATWG rules; None for a name.

    Raises:
        BadUrl: the last part is a number but the whole is no address.
    """
    parts = name.removesuffix(".").split(".")
    if not _NUMBER.fullmatch(parts[-1]):
        return None
    if len(parts) > _MOST_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        raise BadUrl("the IPv4 address is malformed")
    try:
        *leading, last = (_number(part) for part in parts)
    except ValueError as error:  # an octal number with an 8 in it
        raise BadUrl("the IPv4 address is malformed") from error
    if any(number > 255 for number in leading) or last >= 256 ** (5 - len(parts)):  # noqa: PLR2004 - bytes
        raise BadUrl("the IPv4 address is malformed")
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(leading))
    return IPv4Address(value)


def _number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") else int(part)
