"""Compressed bodies, unpacked no further than there is room for."""

import zlib

ACCEPTED = "gzip, deflate"
"""What is asked for; each packs a thousandfold at most, and only one layer of it is unpacked."""

_GZIP, _ZLIB, _BARE = 31, 15, -15
"""What `zlib` calls the formats."""


class Undecodable(ValueError):
    """The body is not packed as its server says, or in a way that was not asked for."""


class Unpacker:
    """Unpacks one body, a chunk at a time.

    Args:
        encoding: the `Content-Encoding` header; empty where there is none.

    Raises:
        Undecodable: it names something else than one of the accepted encodings.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower().removeprefix("x-")
        if self._encoding not in {"", "identity", "gzip", "deflate"}:
            raise Undecodable(f"the content encoding {self._encoding!r} was not asked for")
        self._inflate = zlib.decompressobj(_GZIP) if self._encoding == "gzip" else None
        self._start = b""

    def feed(self, chunk: bytes, room: int) -> bytes:
        """What a chunk holds, up to `room` bytes of it.

        Raises:
            Undecodable: it is damaged.
        """
        if self._encoding in {"", "identity"}:
            return chunk[:room]
        if self._inflate is None:
            self._start += chunk
            if len(self._start) < 2:  # noqa: PLR2004 - the length of zlib's header
                return b""
            chunk = self._start
            self._inflate = zlib.decompressobj(_ZLIB if _has_header(chunk) else _BARE)
        try:
            return self._inflate.decompress(chunk, room)
        except zlib.error as error:
            raise Undecodable("the body is damaged") from error


def _has_header(data: bytes) -> bool:
    """Whether deflated data is in zlib's format, as it should be; some servers send it bare."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0  # noqa: PLR2004 - RFC 1950
