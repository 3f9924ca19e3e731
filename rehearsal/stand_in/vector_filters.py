"""Metadata filters: the language of QueryVectors, with its type rules.

Undocumented, and played strictly or as in MongoDB, whose language it resembles: several keys in
one object are refused (`$and` says the same), `$ne` and `$nin` match vectors without the key,
ordering operators match numbers only and never lists.
"""

from collections.abc import Callable, Mapping

from rehearsal.stand_in.errors import ServiceError, invalid
from rehearsal.stand_in.service import Json
from rehearsal.stand_in.vector_rules import Metadata, is_number, is_primitive

type Predicate = Callable[[Metadata], bool]

_MISSING = object()


def compile_filter(expression: object, non_filterable: frozenset[str]) -> Predicate:
    """A predicate over a vector's metadata.

    Raises:
        ServiceError: the filter is not of the language, or names a non-filterable key.
    """
    if not isinstance(expression, dict) or len(expression) != 1:
        raise _refused("a filter must be an object of one key")
    ((key, operand),) = expression.items()
    if key in _LOGICAL:
        if not isinstance(operand, list) or not operand:
            raise _refused(f"{key} needs a non-empty array of filters")
        return _combine(_LOGICAL[key], [compile_filter(each, non_filterable) for each in operand])
    if key.startswith("$"):
        raise _refused(f"unknown operator {key}")
    if key in non_filterable:
        raise _refused(f"the metadata key '{key}' is not filterable")
    return _condition(key, operand)


def _condition(key: str, operand: object) -> Predicate:
    """What one metadata key must satisfy: a value, or an object of operators."""
    operators = operand if isinstance(operand, dict) else {"$eq": operand}
    if not operators:
        raise _refused(f"no operator for the metadata key '{key}'")
    for operator, value in operators.items():
        accepts, needs = _OPERANDS.get(operator, (None, ""))
        if accepts is None:
            raise _refused(f"unknown operator {operator}")
        if not accepts(value):
            raise _refused(f"{operator} needs {needs}")
    return _combine(all, [_test(key, *pair) for pair in operators.items()])


def _combine(quantifier: Callable[..., bool], predicates: list[Predicate]) -> Predicate:
    return lambda metadata: quantifier(predicate(metadata) for predicate in predicates)


def _test(key: str, operator: str, operand: Json) -> Predicate:
    holds = _OPERATORS[operator]
    return lambda metadata: holds(metadata.get(key, _MISSING), operand)


def _same(stored: object, wanted: object) -> bool:
    """Equality without Python's `True == 1`; numbers compare by value."""
    return isinstance(stored, bool) == isinstance(wanted, bool) and stored == wanted


def _equals(stored: object, wanted: object) -> bool:
    """A list is equal to each of its items."""
    if isinstance(stored, list):
        return any(_same(item, wanted) for item in stored)
    return _same(stored, wanted)


def _among(stored: object, wanted: list[object]) -> bool:
    return any(_equals(stored, item) for item in wanted)


def _is_primitives(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_primitive, value))


def _refused(reason: str) -> ServiceError:
    return invalid(f"Invalid query filter: {reason}")


_LOGICAL: Mapping[str, Callable[..., bool]] = {"$and": all, "$or": any}

_OPERATORS: Mapping[str, Callable[[Json, Json], bool]] = {
    "$eq": _equals,
    "$ne": lambda stored, wanted: not _equals(stored, wanted),
    "$in": _among,
    "$nin": lambda stored, wanted: not _among(stored, wanted),
    "$exists": lambda stored, wanted: (stored is not _MISSING) == wanted,
    "$gt": lambda stored, bound: is_number(stored) and stored > bound,
    "$gte": lambda stored, bound: is_number(stored) and stored >= bound,
    "$lt": lambda stored, bound: is_number(stored) and stored < bound,
    "$lte": lambda stored, bound: is_number(stored) and stored <= bound,
}

_PRIMITIVE = (is_primitive, "a string, number or boolean")
_NUMBER = (is_number, "a number")
_PRIMITIVES = (_is_primitives, "a non-empty array of strings, numbers or booleans")

_OPERANDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "$eq": _PRIMITIVE,
    "$ne": _PRIMITIVE,
    "$in": _PRIMITIVES,
    "$nin": _PRIMITIVES,
    "$exists": (lambda value: isinstance(value, bool), "a boolean"),
    "$gt": _NUMBER,
    "$gte": _NUMBER,
    "$lt": _NUMBER,
    "$lte": _NUMBER,
}
