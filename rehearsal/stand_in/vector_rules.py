"""What S3 Vectors takes as a vector and its metadata.

AWS names the limits and not how metadata is measured; here it is the UTF-8 bytes of compact JSON.
Nested objects, nulls and mixed or empty lists are refused: only strings, numbers, booleans and
lists are documented.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rehearsal.stand_in.errors import ServiceError, invalid

FILTERABLE_BYTES = 2048
TOTAL_BYTES = 40 * 1024
METADATA_KEYS = 50
KEY_LENGTH = 63

type Metadata = Mapping[str, Any]
type Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VectorRecord:
    """One vector as it is stored."""

    key: str
    data: Floats
    metadata: Metadata


def read_record(
    vector: Mapping[str, Any], *, dimension: int, cosine: bool, non_filterable: frozenset[str]
) -> VectorRecord:
    """A `PutInputVector` as a record.

    Raises:
        ServiceError: it breaks a limit; the message names the vector's key.
    """
    key = vector["key"]
    try:
        data = read_data(vector["data"], dimension=dimension, cosine=cosine)
        metadata = vector.get("metadata") or {}
        _check_metadata(metadata, non_filterable)
    except ServiceError as error:
        raise invalid(f"Invalid record for key '{key}': {error.message}") from error
    return VectorRecord(key, data, metadata)


def read_data(data: Mapping[str, Any], *, dimension: int, cosine: bool) -> Floats:
    """A `VectorData` as float32.

    Raises:
        ServiceError: wrong length, not finite as float32, or zero where the distance is cosine.
    """
    if "float32" not in data:
        raise invalid("Vector data must have exactly one member")
    with np.errstate(over="ignore"):
        values = np.asarray(data["float32"], dtype=np.float32)
    if len(values) != dimension:
        raise invalid(f"vector must have length {dimension}, but has length {len(values)}")
    if not np.isfinite(values).all():
        raise invalid("vector must not contain NaN or infinity")
    if cosine and not values.any():
        raise invalid("a vector of zeros is not allowed with the cosine distance")
    return values


def metadata_bytes(metadata: Metadata) -> int:
    """The size that the limits count."""
    compact = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    return len(compact.encode())


def is_number(value: object) -> bool:
    """A finite JSON number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_primitive(value: object) -> bool:
    """A string, a number or a boolean."""
    return isinstance(value, str | bool) or is_number(value)


def _check_metadata(metadata: Metadata, non_filterable: frozenset[str]) -> None:
    if len(metadata) > METADATA_KEYS:
        raise invalid(f"Metadata object must have at most {METADATA_KEYS} keys")
    for key, value in metadata.items():
        if not 1 <= len(key) <= KEY_LENGTH:
            raise invalid(f"Metadata keys must have 1 to {KEY_LENGTH} characters")
        if not (is_primitive(value) or _is_list_of_one_type(value)):
            raise invalid(f"Metadata value of '{key}' must be a string, number, boolean or list")
    if metadata_bytes(metadata) > TOTAL_BYTES:
        raise invalid(f"Metadata must have at most {TOTAL_BYTES} bytes")
    filterable = {key: value for key, value in metadata.items() if key not in non_filterable}
    if metadata_bytes(filterable) > FILTERABLE_BYTES:
        raise invalid(f"Filterable metadata must have at most {FILTERABLE_BYTES} bytes")


def _is_list_of_one_type(value: object) -> bool:
    if not isinstance(value, list) or not value or not all(map(is_primitive, value)):
        return False
    return len({"number" if is_number(item) else type(item).__name__ for item in value}) == 1
