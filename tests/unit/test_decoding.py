"""Compressed bodies are unpacked whole, or as far as there is room, and never further."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.sources.web.decoding import Undecodable, Unpacker

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    " X-GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data, wbits=-15),
}


@given(
    st.sampled_from(sorted(PACKED)), st.binary(min_size=1), st.integers(1, 400), st.integers(1, 400)
)
def test_a_body_is_unpacked_up_to_the_room_there_is(
    encoding: str, data: bytes, size: int, room: int
) -> None:
    packed = PACKED[encoding](data)
    unpacker = Unpacker(encoding)
    found = b""
    for start in range(0, len(packed), size):
        found += unpacker.feed(packed[start : start + size], room - len(found))
        if len(found) == room:
            break
    assert found == data[:room]


def test_a_bomb_takes_no_more_memory_than_its_room() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 60_000
    assert len(Unpacker("gzip").feed(bomb, 1_000)) == 1_000


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,br", "x"])
def test_what_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(Undecodable, match="not asked for"):
        Unpacker(encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_damage_is_told(encoding: str) -> None:
    with pytest.raises(Undecodable, match="damaged"):
        Unpacker(encoding).feed(b"\xff" * 20, 100)
