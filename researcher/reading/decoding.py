"""Compressed bodies, unpacked no further than there is room for."""

import zlib

ACCEPTED = "gzip, deflate"
"""What is asked for; each packs a thousandfold at most, and only one layer of it is unpacked."""

_GZIP_OR_ZLIB, _RAW = 47, -15


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
        name = encoding.strip().lower()
        if name not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise Undecodable(f"the content encoding {name!r} was not asked for")
        self._packed = name not in {"", "identity"}
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    def feed(self, chunk: bytes, room: int) -> bytes:
        """What a chunk holds, up to `room` bytes of it.

        Raises:
            Undecodable: it is damaged.
        """
        if not self._packed:
            return chunk[:room]
        try:
            return self._inflated(chunk, room)
        except zlib.error as error:
            raise Undecodable("the body is damaged") from error

    def _inflated(self, chunk: bytes, room: int) -> bytes:
        try:
            data = self._inflate.decompress(chunk, room)
        except zlib.error:
            if self._begun:
                raise
            # Some servers mean the bare format when they say deflate.
            self._inflate = zlib.decompressobj(_RAW)
            data = self._inflate.decompress(chunk, room)
        self._begun = True
        return data
