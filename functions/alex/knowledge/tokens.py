"""The embedding model's word pieces: the measure of how much of a text it can read."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LIMIT = 256
"""Word pieces the model reads of a text, its two special ones included; the rest is ignored."""

SPECIAL = 2
"""Word pieces that the model puts around every text: [CLS] and [SEP]."""

_FILE = Path(__file__).parents[1] / "data" / "tokenizer.json"


def load_tokenizer() -> "Tokenizer":
    """A tokenizer of one's own, which cuts and pads nothing until it is told to."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - a search on AWS never needs it

    tokenizer = Tokenizer.from_file(str(_FILE))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@cache
def _shared() -> "Tokenizer":
    return load_tokenizer()


def count(texts: Sequence[str]) -> list[int]:
    """Word pieces of each text, without the special ones."""
    encodings = _shared().encode_batch_fast(list(texts), add_special_tokens=False)
    return [len(encoding) for encoding in encodings]


def head(text: str, limit: int) -> str:
    """The longest beginning of the text, in whole words, of at most `limit` word pieces."""
    encoding = _shared().encode(text[: limit * _LONGEST_PIECE], add_special_tokens=False)
    if len(encoding) <= limit:
        return text[: limit * _LONGEST_PIECE].strip()
    cut = encoding.word_ids.index(encoding.word_ids[limit])
    return text[: encoding.offsets[cut][0]].strip()


_LONGEST_PIECE = 20
"""Characters; enough for any word piece that carries meaning."""
