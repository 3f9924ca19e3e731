"""False statements made of true ones, one kind of falsehood a function.

Each function takes a true statement and gives a false one with the same quotes, or None where it
does not apply. What might still be true is not given: a changed figure that the quote also holds
where no period tells them apart, a minus beside words that say it already, a quote that bears the
statement as well.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.verification.filings import SampleFiling
from researcher.facts.numbers import Amount, mentions
from researcher.facts.periods import Period
from researcher.verify.draft import Calculation, Claim, Quote

OTHER_COMPANIES = ("Walmart", "Siemens", "Pfizer", "Caterpillar", "Starbucks", "Boeing")

_WORDY_LOSS = re.compile(
    r"loss|deficit|decreas|declin|fell|down|reduc|used|paid|pay|expense|cost|charge|repurchas|lower"
    r"|outflow|drop|provision|purchases|worse",
    re.IGNORECASE,
)
_TURNS = (
    ("increased", "decreased"),
    ("decreased", "increased"),
    ("rose", "fell"),
    ("declined", "grew"),
    ("grew", "declined"),
    ("higher", "lower"),
    ("lower", "higher"),
    ("increase", "decrease"),
    ("decrease", "increase"),
)
_FOOTNOTE = 3
"""Characters: "(1)" is a footnote's number, not a negative figure."""

_YEARS = re.compile(r"[-\u2013]\s*(?:19|20)\d\d$")
"""In "2016 - 2019" the dash is no minus."""

_LONGER = {"three": "six", "six": "nine", "nine": "three", "13-week": "26-week"}
_QUARTERS = {"first": "second", "second": "third", "third": "fourth", "fourth": "first"}


@dataclass(frozen=True, slots=True)
class Case:
    """A true statement, and what a falsehood may be made with.

    Attributes:
        others: other statements on the same filing.
        filings: all of them.
    """

    claim: Claim
    filing: SampleFiling
    others: Sequence[Claim]
    filings: Sequence[SampleFiling]
    draw: Random

    @property
    def quoted(self) -> str:
        """The quotes' text, in one."""
        return " ".join(quote.text for quote in self.claim.quotes)

    @property
    def amounts(self) -> list[Amount]:
        """The claim's figures that are written in digits."""
        return [m for m in mentions(self.claim.text) if isinstance(m, Amount) and not m.worded]

    @property
    def periods(self) -> list[Period]:
        """The claim's dates and periods."""
        return [m for m in mentions(self.claim.text) if isinstance(m, Period)]

    def said(self, text: str) -> Claim | None:
        """The claim with another text; None where it is none."""
        return self.claim.model_copy(update={"text": text}) if text != self.claim.text else None

    def replaced(self, start: int, end: int, text: str) -> Claim | None:
        """The claim with a part of its text replaced."""
        return self.said(self.claim.text[:start] + text + self.claim.text[end:])


def changed_digit(case: Case) -> Claim | None:
    """One digit of one figure is another."""
    if not case.amounts:
        return None
    amount = case.draw.choice(case.amounts)
    places = [amount.start + m.start() for m in re.finditer(r"\d", amount.text)]
    place = case.draw.choice(places)
    old = case.claim.text[place]
    new = case.draw.choice([digit for digit in "0123456789" if digit != old])
    changed = case.replaced(place, place + 1, new)
    digits = (
        re.search(r"\d[\d.,]*\d|\d", changed.text[amount.start : amount.end]) if changed else None
    )
    return None if digits is None or _holds(case.quoted, digits.group()) else changed


def thousandfold(case: Case) -> Claim | None:
    """Thousands are millions, millions billions, and what has no scale has three zeros more."""
    if not case.amounts:
        return None
    amount = case.draw.choice(case.amounts)
    for word, other in (("thousand", "million"), ("million", "billion"), ("billion", "trillion")):
        if re.search(rf"\b{word}s?\b", amount.text):
            return case.replaced(amount.start, amount.end, amount.text.replace(word, other))
    whole = re.search(r"\d[\d,]*\d|\d", amount.text)
    if whole is None or "." in amount.text or not amount.value:
        return None
    return case.replaced(amount.start, amount.end, amount.text.replace(whole[0], f"{whole[0]},000"))


def sign(case: Case) -> Claim | None:
    """A minus more or less; not where words such as "loss" say it already."""
    if _WORDY_LOSS.search(case.claim.text) or _WORDY_LOSS.search(case.quoted):
        return None
    amounts = [a for a in case.amounts if a.value and (a.unit or len(a.text) > _FOOTNOTE)]
    amounts = [a for a in amounts if not _YEARS.search(a.text)]
    if not amounts:
        return None
    amount = case.draw.choice(amounts)
    if amount.value > 0:
        return case.replaced(amount.start, amount.start, "-")
    return case.replaced(amount.start, amount.end, re.sub(r"[-\u2212()]", "", amount.text))


def direction(case: Case) -> Claim | None:
    """A rise is told as a fall, or the reverse; only where one such word stands."""
    found = [(word, other) for word, other in _TURNS if re.search(rf"\b{word}\b", case.claim.text)]
    if len(found) != 1 or len(re.findall(rf"\b{found[0][0]}\b", case.claim.text)) > 1:
        return None
    word, other = found[0]
    return case.said(re.sub(rf"\b{word}\b", other, case.claim.text))


def percent_and_points(case: Case) -> Claim | None:
    """Percent told as percentage points, and points as percent."""
    amounts = [a for a in case.amounts if a.unit in {"percent", "points", "basis points"}]
    if not amounts:
        return None
    amount = case.draw.choice(amounts)
    number = re.search(r"[-\u2212]?\d[\d,.]*\d|\d", amount.text)
    assert number is not None  # noqa: S101 - it is written in digits
    unit = (
        "%"
        if amount.unit != "percent"
        else case.draw.choice((" percentage points", " basis points"))
    )
    return case.replaced(amount.start, amount.end, number.group() + unit)


def wrong_period(case: Case) -> Claim | None:
    """Another year, month, quarter or length; or two periods that change places."""
    periods = [p for p in case.periods if p.year or p.length or p.quarter or p.month]
    if not periods:
        return None
    period = case.draw.choice(periods)
    text = _other_period(period.text, case.draw)
    if not text or text == period.text:
        return None
    return case.replaced(period.start, period.end, text)


def swapped_periods(case: Case) -> Claim | None:
    """Of two figures in one claim, each is told of the other's period."""
    dates = [period for period in case.periods if period.year]
    if len(dates) != 2 or dates[0].text == dates[1].text:  # noqa: PLR2004 - each other's
        return None
    before = [[a for a in case.amounts if a.unit and a.end < date.start][-1:] for date in dates]
    if not all(before) or before[0][0].measure == before[1][0].measure:
        return None
    one, other = dates
    text = case.claim.text
    return case.said(
        text[: one.start] + other.text + text[one.end : other.start] + one.text + text[other.end :]
    )


def wrong_company(case: Case) -> Claim | None:
    """The statement is told of another company."""
    strange = [n for n in OTHER_COMPANIES if n not in case.filing.indexed.source.text]
    if not strange:
        return None
    other = case.draw.choice(strange)
    name = re.match(r"[A-Za-z]{3,}", case.filing.title)
    own = re.search(rf"\b{name[0]}(?:'s)?\b", case.claim.text, re.IGNORECASE) if name else None
    if own:
        ending = "'s" if own.group().endswith("'s") else ""
        return case.replaced(own.start(), own.end(), other + ending)
    company = re.search(r"\b[Tt]he [Cc]ompany\b(?!['\u2019])", case.claim.text)
    if company:
        return case.replaced(company.start(), company.end(), other)
    return case.said(f"{other}: {case.claim.text}")


def another_filers_quote(case: Case) -> Claim | None:
    """The quotes are said to stand in another source."""
    others = [f for f in case.filings if f.key != case.filing.key]
    others = [f for f in others if not all(f.indexed.find(q.text) for q in case.claim.quotes)]
    if not others:
        return None
    key = case.draw.choice(others).key
    quotes = [Quote(source=key, text=quote.text) for quote in case.claim.quotes]
    return case.claim.model_copy(update={"quotes": quotes, "calculations": []})


def swapped_quotes(case: Case) -> Claim | None:
    """The quotes are those of another statement on the same filing that does not bear it too."""
    if case.claim.calculations:
        return None
    figures = {_significant(amount.text) for amount in case.amounts}
    words = _telling(case.claim.text) - _telling(case.filing.title)
    fitting = []
    for other in case.others:
        quoted = " ".join(quote.text for quote in other.quotes)
        held = {_significant(number) for number in re.findall(r"\d[\d,.]*", quoted)}
        shared = len(words & _telling(quoted)) >= len(words) / 2
        if not (figures <= held and shared):
            fitting.append(other)
    if not fitting:
        return None
    return case.claim.model_copy(update={"quotes": case.draw.choice(fitting).quotes})


def altered_quote(case: Case) -> Claim | None:
    """A digit or a word of a quote is another, in the claim as well where it stands there."""
    quote = case.claim.quotes[0]
    spots = list(re.finditer(r"\d|\b[a-z]{5,}\b", quote.text))
    if not spots:
        return None
    spot = case.draw.choice(spots)
    new = str((int(spot[0]) + 1) % 10) if spot[0].isdigit() else spot[0][::-1]
    text = quote.text[: spot.start()] + new + quote.text[spot.end() :]
    if text == quote.text or case.filing.indexed.find(text):
        return None
    claim = case.claim.text.replace(quote.text, text)
    quotes = [Quote(source=quote.source, text=text), *case.claim.quotes[1:]]
    return case.claim.model_copy(update={"text": claim, "quotes": quotes, "calculations": []})


def wrong_formula(case: Case) -> Claim | None:
    """A calculated figure has another formula: turned round, of another base, or without one."""
    if not case.claim.calculations:
        return None
    first = case.claim.calculations[0]
    names = [operand.name for operand in first.operands]
    if len(names) != 2:  # noqa: PLR2004 - new and old
        return None
    new, old = names
    formula = case.draw.choice(
        (f"({old} - {new}) / {old}", f"({new} - {old}) / {new}", f"{new} / {old}", f"{new} - {old}")
    )
    wrong = first.model_copy(update={"formula": formula})
    return case.claim.model_copy(update={"calculations": [wrong]})


def wrong_operand(case: Case) -> Claim | None:
    """A calculated figure starts from a figure that its quote does not bear."""
    if not case.claim.calculations:
        return None
    first = case.claim.calculations[0]
    operand = first.operands[0]
    place = case.draw.choice([m.start() for m in re.finditer(r"\d", operand.value)])
    digit = str((int(operand.value[place]) + case.draw.randint(1, 9)) % 10)
    value = operand.value[:place] + digit + operand.value[place + 1 :]
    changed = operand.model_copy(update={"value": value})
    wrong: Calculation = first.model_copy(update={"operands": [changed, *first.operands[1:]]})
    return case.claim.model_copy(update={"calculations": [wrong]})


type Mutation = Callable[[Case], Claim | None]

MUTATIONS: dict[str, Mutation] = {
    "changed digit": changed_digit,
    "thousandfold": thousandfold,
    "sign": sign,
    "rise and fall": direction,
    "percent and points": percent_and_points,
    "wrong period": wrong_period,
    "swapped periods": swapped_periods,
    "wrong company": wrong_company,
    "swapped quotes": swapped_quotes,
    "altered quote": altered_quote,
    "another source": another_filers_quote,
    "wrong formula": wrong_formula,
    "wrong operand": wrong_operand,
}
"""By the name that the table gives them."""


def _significant(number: str) -> str:
    """A number's digits without separators and without zeros at its ends: 46,700 as 467."""
    return re.sub(r"[^\d]", "", number).strip("0")


def _telling(text: str) -> set[str]:
    """A text's words but those that any statement has."""
    return set(re.findall(r"[a-z]{4,}", text.lower())) - _EVERYWHERE


_EVERYWHERE = set(
    re.findall(
        r"[a-z]+",
        "three six nine months ended thousand million billion reported according filing about with"
        " percent january february march april june july august september october november december"
        " compared were that this from shares thirteen weeks",
    )
)


def _holds(text: str, figure: str) -> bool:
    """Whether a number stands in a text as a number of its own."""
    return bool(re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d]|[.,]\d)", text))


def _other_period(text: str, draw: Random) -> str:
    """A period that is not this one, written the same way."""
    year = re.search(r"20\d\d|19\d\d", text)
    if year and draw.random() < 0.7:  # noqa: PLR2004 - mostly the year, which tells most
        other = str(int(year[0]) + draw.choice((-2, -1, 1, 2)))
        return text[: year.start()] + other + text[year.end() :]
    for table in (_LONGER, _QUARTERS):
        for word, other in table.items():
            if re.search(rf"\b{word}\b", text, re.IGNORECASE):
                return re.sub(rf"\b{word}\b", other, text, flags=re.IGNORECASE)
    day = re.search(r"(?<=\w )\d{1,2}\b(?!\d)", text)
    if day:
        return text[: day.start()] + str(int(day[0]) % 28 + 1) + text[day.end() :]
    return ""
