"""As much of CSS as it takes to know, without a browser, what a page says of an element's looks.

Style attributes and the page's own style sheets, with tag, class, id and descendant selectors.
What needs more (external sheets, pseudo-classes, variables) is left to the browser.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from alex.errors import InvalidInput

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_COMPOUND = re.compile(r"([a-z][\w:-]*|)((?:[.#][\w-]+)*)", re.IGNORECASE)
_PART = re.compile(r"([.#])([\w-]+)")
_CONDITIONAL = ("@media", "@supports", "@layer", "@container")
_ELSEWHERE = re.compile(r"print|speech|max-(?:device-)?width|prefers|orientation|aspect|<|not\b")
_DEEPEST = 200
"""Ancestors that are looked at."""

_MOST_TESTS = 5_000_000
"""Rules held against elements: a few seconds of work. A large page needs some 200,000."""

type Style = Mapping[str, str]


@lru_cache(maxsize=8192)
def declarations(text: str) -> tuple[Style, Style]:
    """The declarations of a style attribute or rule: the plain and the important ones."""
    plain: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in _COMMENT.sub(" ", text).split(";"):
        name, colon, value = declaration.partition(":")
        if not colon:
            continue
        value = " ".join(value.lower().split())
        bare = value.removesuffix("!important").rstrip().removesuffix("!").rstrip()
        (plain if bare == value else important)[name.strip().lower()] = bare
    return plain, important


@dataclass(frozen=True, slots=True)
class _Compound:
    """One element's part of a selector: `td.figure#x`."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]

    def matches(self, element: HtmlElement) -> bool:
        if self.tag and element.tag != self.tag:
            return False
        if not self.ids <= {element.get("id", "")}:
            return False
        return not self.classes or self.classes <= set(element.get("class", "").split())


@dataclass(frozen=True, slots=True)
class _Rule:
    """A selector without alternatives, and what it declares; `order` is its place in the page."""

    ancestors: tuple[_Compound, ...]
    subject: _Compound
    order: int
    body: str

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """Its specificity, then its place."""
        parts = (*self.ancestors, self.subject)
        ids, classes = sum(len(p.ids) for p in parts), sum(len(p.classes) for p in parts)
        return ids, classes, sum(bool(p.tag) for p in parts), self.order

    def matches(self, element: HtmlElement) -> bool:
        if not self.subject.matches(element):
            return False
        wanted = list(self.ancestors)
        for ancestor in islice(element.iterancestors(), _DEEPEST if wanted else 0):
            if wanted[-1].matches(ancestor):
                wanted.pop()
                if not wanted:
                    return True
        return not wanted


@dataclass
class StyleSheets:
    """The style sheets in a page.

    Attributes:
        complete: the page links to no other, so that what is not in here is not said at all.
    """

    complete: bool = True
    _rules: dict[str, list[_Rule]] = field(default_factory=lambda: defaultdict(list))
    _tests: int = 0

    @classmethod
    def of(cls, root: HtmlElement) -> "StyleSheets":
        """Those of a whole page."""
        linked = (link.get("rel", "").lower().split() for link in root.iter("link"))
        texts = [style.text or "" for style in root.iter("style")]
        sheet = cls(not any("stylesheet" in rel for rel in linked) and "@import" not in str(texts))
        rules = (rule for text in texts for rule in _rules(_COMMENT.sub(" ", text)))
        for order, (selector, body) in enumerate(rules):
            sheet._add(selector, body, order)
        return sheet

    def style(self, element: HtmlElement) -> Style:
        """What the page declares for an element, by the cascade.

        Raises:
            InvalidInput: the page's styles take too long to apply.
        """
        plain, important = declarations(element.get("style", ""))
        if not self._rules:
            return {**plain, **important}
        found: dict[str, str] = {}
        urgent: dict[str, str] = {}
        for rule in sorted(self._matching(element), key=lambda rule: rule.weight):
            of_rule, of_rule_urgent = declarations(rule.body)
            found.update(of_rule)
            urgent.update(of_rule_urgent)
        return {**found, **plain, **urgent, **important}

    def _matching(self, element: HtmlElement) -> Iterator[_Rule]:
        names = [str(element.tag), *(f".{name}" for name in element.get("class", "").split())]
        if element.get("id"):
            names.append(f"#{element.get('id')}")
        for name in dict.fromkeys(names):
            rules = self._rules.get(name, ())
            self._tests += sum(1 + len(rule.ancestors) * 5 for rule in rules)
            if self._tests > _MOST_TESTS:
                raise InvalidInput("The page's styles take too long to apply.")
            yield from (rule for rule in rules if rule.matches(element))

    def _add(self, selectors: str, body: str, order: int) -> None:
        for selector in selectors.split(","):
            compounds = [_compound(part) for part in selector.replace(">", " ").split()]
            known = [compound for compound in compounds if compound is not None]
            if not known or len(known) < len(compounds):
                continue  # it asks for more than is understood here
            subject = known[-1]
            rule = _Rule(tuple(known[:-1]), subject, order, body)
            self._rules[_name(subject)].append(rule)


def _name(compound: _Compound) -> str:
    """What every element that matches has."""
    for sign, names in (("#", compound.ids), (".", compound.classes)):
        if names:
            return sign + min(names)
    return compound.tag


def _compound(text: str) -> _Compound | None:
    found = _COMPOUND.fullmatch(text)
    if not found:
        return None
    parts = _PART.findall(found[2])
    return _Compound(
        found[1].lower(),
        frozenset(name for sign, name in parts if sign == "."),
        frozenset(name for sign, name in parts if sign == "#"),
    )


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of all rules that apply on a screen, in order."""
    for prelude, body in _blocks(css):
        if prelude.lower().startswith(_CONDITIONAL):
            if not _ELSEWHERE.search(prelude.lower()):
                yield from _rules(body)
        elif not prelude.startswith("@"):
            yield prelude, body


def _blocks(css: str) -> Iterable[tuple[str, str]]:
    """What stands before each outer brace, and inside it."""
    start = body = depth = 0
    prelude = ""
    for brace in re.finditer(r"[{}]", css):
        if brace[0] == "{":
            if depth == 0:
                prelude = css[start : brace.start()].rpartition(";")[2].strip()
                body = brace.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield prelude, css[body : brace.start()]
                start = brace.end()
        else:
            start = brace.end()
