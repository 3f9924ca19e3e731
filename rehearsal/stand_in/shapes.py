"""Checks a decoded JSON request against the botocore model of its operation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape


@dataclass(frozen=True, slots=True)
class Violation:
    """One member that breaks its model; `path` is slashed, as AWS writes it."""

    path: str
    message: str


def violations(shape: Shape, value: object, path: str = "") -> Iterator[Violation]:
    """Everything in `value` that the shape forbids: missing, mistyped, too long, not listed."""
    if shape.type_name in _PYTHON_TYPES and not _is_of(shape.type_name, value):
        yield Violation(path, f"Member must be of type {shape.type_name}")
        return
    yield from _length_and_range(shape, value, path)
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        if shape.member.type_name == "float" and _all_floats(_as_list(value)):
            return
        for position, item in enumerate(_as_list(value)):
            yield from violations(shape.member, item, f"{path}/{position}")
    elif isinstance(shape, MapShape):
        for key, item in _as_dict(value).items():
            yield from violations(shape.key, key, path)
            yield from violations(shape.value, item, f"{path}/{key}")
    elif isinstance(shape, StringShape):
        yield from _spelling(shape, str(value), path)


_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
}


_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
"""How the protocol writes the floats that JSON has not."""


def _is_of(type_name: str, value: object) -> bool:
    if type_name in {"float", "double"} and value in _NOT_FINITE:
        return True
    if isinstance(value, bool) and type_name != "boolean":
        return False
    return isinstance(value, _PYTHON_TYPES[type_name])


def _all_floats(items: list[object]) -> bool:
    """Whether a vector needs no closer look; half a million members a request would."""
    return set(map(type, items)) <= {float, int}


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _as_dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _structure(shape: StructureShape, value: object, path: str) -> Iterator[Violation]:
    given = _as_dict(value)
    for name in shape.required_members:
        if given.get(name) is None:
            yield Violation(f"{path}/{name}", "Member must not be null")
    for name, item in given.items():
        # AWS services ignore members they do not know; a test wants to hear of the misspelling.
        if name not in shape.members:
            yield Violation(f"{path}/{name}", "Member is not known")
        elif item is not None:
            yield from violations(shape.members[name], item, f"{path}/{name}")


def _length_and_range(shape: Shape, value: object, path: str) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    size: float
    if isinstance(value, str | list | dict):
        size, what = len(value), "have length"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        size, what = value, "have value"
    else:
        return
    if low is not None and size < low:
        yield Violation(path, f"Member must {what} greater than or equal to {low}")
    if high is not None and size > high:
        yield Violation(path, f"Member must {what} less than or equal to {high}")


def _spelling(shape: StringShape, value: str, path: str) -> Iterator[Violation]:
    if shape.enum and value not in shape.enum:
        yield Violation(path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    # Java's \p{…} classes are not Python's; the few patterns that use them are left unchecked.
    if pattern and r"\p{" not in pattern and not re.fullmatch(pattern, value):
        yield Violation(path, f"Member must satisfy regular expression pattern: {pattern}")
