"""The local embedder against vectors that sentence-transformers computed."""

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from alex.errors import Misconfigured
from alex.knowledge.documents import Vector
from alex.knowledge.tokens import load_tokenizer
from alex.local.embedder import MiniLmEmbedder, load_session

REFERENCE = json.loads((Path(__file__).parent / "data/minilm_reference.json").read_text("utf-8"))
TEXTS: list[str] = [sentence["text"] for sentence in REFERENCE["sentences"]]
EXPECTED: list[list[float]] = [sentence["vector"] for sentence in REFERENCE["sentences"]]


@pytest.fixture(scope="module")
def embedder() -> MiniLmEmbedder:
    return MiniLmEmbedder()


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return math.sumprod(one, other) / (math.hypot(*one) * math.hypot(*other))


def test_vectors_agree_with_the_reference(embedder: MiniLmEmbedder) -> None:
    cosines = [cosine(a, b) for a, b in zip(embedder.embed(TEXTS), EXPECTED, strict=True)]
    assert min(cosines) >= 0.999


def test_vectors_have_the_stated_dimension_and_unit_length(embedder: MiniLmEmbedder) -> None:
    for vector in embedder.embed(TEXTS):
        assert len(vector) == embedder.dimension
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


def test_a_vector_is_the_mean_of_all_tokens_and_not_the_first(embedder: MiniLmEmbedder) -> None:
    ids = np.array([load_tokenizer().encode(TEXTS[0]).ids], dtype=np.int64)
    feed = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
    tokens = np.asarray(load_session().run(["last_hidden_state"], feed)[0])[0]
    [vector] = embedder.embed(TEXTS[:1])
    assert cosine(tokens.mean(axis=0).tolist(), vector) == pytest.approx(1, abs=1e-5)
    assert cosine(tokens[0].tolist(), EXPECTED[0]) < 0.8
    assert cosine(tokens[0].tolist(), vector) < 0.8


def test_order_and_company_of_texts_do_not_matter(embedder: MiniLmEmbedder) -> None:
    together = embedder.embed(TEXTS)
    assert embedder.embed(TEXTS[::-1]) == together[::-1]
    assert [embedder.embed([text])[0] for text in TEXTS] == together
    assert MiniLmEmbedder(threads=1).embed(TEXTS) == together


def test_threads_share_one_embedder() -> None:
    embedder = MiniLmEmbedder()
    with ThreadPoolExecutor(4) as pool:
        answers: list[list[Vector]] = list(pool.map(embedder.embed, [TEXTS[:2]] * 4))
    assert answers == [answers[0]] * 4


def test_a_text_is_read_up_to_256_word_pieces(embedder: MiniLmEmbedder) -> None:
    read = "sales " * 254
    whole, longer, shorter = embedder.embed([read, read + "brakes " * 100, read[:-60] + "brakes"])
    assert whole == longer
    assert whole != shorter


def test_odd_texts_have_vectors(embedder: MiniLmEmbedder) -> None:
    for vector in embedder.embed(["", " ", "\x00", "🚗", "x" * 100_000]):
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


def test_no_texts_load_nothing(tmp_path: Path) -> None:
    assert MiniLmEmbedder(tmp_path / "missing.onnx").embed([]) == []


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"missing\.onnx"):
        MiniLmEmbedder(tmp_path / "missing.onnx").embed(["sales"])


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    altered = tmp_path / "altered.onnx"
    altered.write_bytes(b"not the model")
    with pytest.raises(Misconfigured, match="sha256"):
        MiniLmEmbedder(altered).embed(["sales"])


def test_importing_the_embedder_does_not_load_the_runtime() -> None:
    code = "import sys, alex.local.embedder; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
