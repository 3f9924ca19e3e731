"""The egress guard lets the public web through and nothing else."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.sources.web.guard import (
    WEB_PORTS,
    AddressRefused,
    BadUrl,
    Guard,
    is_public,
    normal_host,
    parse_target,
)

PRIVATE = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]
ipv4s = st.ip_addresses(v=4)
public_ipv4s = ipv4s.filter(is_public)


@pytest.mark.parametrize("network", PRIVATE)
@given(data=st.data())
def test_no_address_of_a_private_network_is_public(network: str, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=network))
    assert not is_public(address)
    with pytest.raises(AddressRefused):
        Guard().check(address, 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_pass_on_web_ports_only(address: str) -> None:
    for port in WEB_PORTS:
        Guard().check(ip_address(address), port)
    for port in (22, 25, 53, 3306, 6379, 8000):
        with pytest.raises(AddressRefused, match="web port"):
            Guard().check(ip_address(address), port)


@given(ipv4s)
def test_an_ipv4_address_in_ipv6_clothes_is_never_public(address: IPv4Address) -> None:
    number = int(address)
    for disguise in (
        IPv6Address(number),
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0xFFFF << 48) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    ):
        assert not is_public(disguise)


def forms(address: IPv4Address) -> list[str]:
    """Ways in which browsers let the same IPv4 address be written."""
    number, parts = int(address), address.packed
    a, b, c, d = parts
    return [
        str(address),
        f"{address}.",
        str(number),
        hex(number),
        hex(number).upper(),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        ".".join(map(hex, parts)),
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"0x{a:02x}.{b}.0{c:o}.{d}",
        str(address).translate(str.maketrans("0123456789", "０１２３４５６７８９")),  # noqa: RUF001 - the point
        str(address).replace(".", "。"),
        str(address).replace(".", "%2e"),
    ]


@given(ipv4s)
def test_every_form_of_an_ipv4_address_is_read_as_that_address(address: IPv4Address) -> None:
    assert {normal_host(form) for form in forms(address)} == {str(address)}


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="127.0.0.0/8"))
def test_every_form_of_a_private_address_is_refused_in_a_url(address: IPv4Address) -> None:
    for form in forms(address):
        with pytest.raises(AddressRefused, match="not a public address"):
            Guard().check_url(f"http://{form}/latest/meta-data")


@given(public_ipv4s, st.sampled_from(sorted(WEB_PORTS)))
def test_public_urls_pass(address: IPv4Address, port: int) -> None:
    target = Guard().check_url(f"https://{address}:{port}/a?b#c")
    assert (target.address, target.port) == (address, port)


@given(st.text(max_size=60))
def test_any_text_is_either_a_target_or_refused(text: str) -> None:
    try:
        target = Guard().check_url(text)
    except AddressRefused:
        return
    assert target.scheme in {"http", "https"}
    assert normal_host(target.host) == target.host


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "chrome://version",
        "data:text/html,<h1>hi",
        "javascript:alert(1)",
        "view-source:http://example.com",
        "ftp://example.com/",
        "blob:http://example.com/1",
        "http://",
        "http:///path",
        "http://user:secret@example.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://09.1.1.1/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
    ],
)
def test_what_is_no_web_address_is_a_bad_url(url: str) -> None:
    with pytest.raises(AddressRefused):
        Guard().check_url(url)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://Example.COM", "example.com:443"),
        ("http://example.com:8080/x", "example.com:8080"),
        (" http://exam\nple.com\\a@b ", "example.com:80"),
        ("http://bücher.example/", "xn--bcher-kva.example:80"),
        ("http://[2606:4700:0:0::1111]/", "[2606:4700::1111]:80"),
    ],
)
def test_targets_are_read_as_browsers_read_them(url: str, authority: str) -> None:
    assert parse_target(url).authority == authority


def test_the_allow_list_is_exact() -> None:
    guard = Guard.allowing([" 127.0.0.1:4711", "[::1]:4711"])
    guard.check_url("http://127.0.0.1:4711/")
    guard.check_url("http://[::1]:4711/")
    guard.check_url("http://0x7f.1:4711/")
    for url in ("http://127.0.0.1:4712/", "http://127.0.0.2:4711/", "http://127.0.0.1/"):
        with pytest.raises(AddressRefused):
            guard.check_url(url)


@given(st.lists(ipv4s, min_size=1, max_size=6))
def test_one_private_address_spoils_a_name(addresses: list[IPv4Address]) -> None:
    guard = Guard()
    if all(is_public(address) for address in addresses):
        assert set(guard.check_all(addresses, 443)) == set(addresses)
    else:
        with pytest.raises(AddressRefused):
            guard.check_all(addresses, 443)


@given(st.ip_addresses(v=6))
def test_public_ipv6_lies_in_the_global_unicast_block(address: IPv6Address) -> None:
    if is_public(address):
        assert address in ip_network("2000::/3")


def test_bad_urls_are_refusals() -> None:
    assert issubclass(BadUrl, AddressRefused)
