"""The data model of the SEC's data: companies, filings, facts, and all that gives them meaning."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import total_ordering

_WEEK = 7
_THREE, _SIX, _NINE, _TWELVE = range(3, 13, 3)
_YEAR_SLIP = timedelta(days=10)
"""How far a 52-week year's end may stand from the day a year before."""


@dataclass(frozen=True, slots=True)
class Company:
    """A filer, known by its CIK: the SEC's number for it.

    Attributes:
        name: as the SEC writes it; its ticker list and its data differ in this.
    """

    cik: int
    name: str
    tickers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """As the SEC's addresses have it: `CIK0001640147`."""
        return f"CIK{self.cik:010d}"

    @property
    def titled(self) -> str:
        """With its first ticker: `Snowflake Inc. (SNOW)`."""
        return f"{self.name} ({self.tickers[0]})" if self.tickers else self.name


@dataclass(frozen=True, slots=True)
class Filing:
    """One submission to the SEC.

    Attributes:
        accession: its number, such as `0001640147-25-000110`.
        period: the last day it reports on; None for forms that report on none.
        items: of an 8-K, such as `2.02,9.01`.
        url: its main document.
        index: the page that lists its documents, exhibits such as press releases among them.
    """

    accession: str
    form: str
    filed: date
    period: date | None
    items: str
    description: str
    url: str
    index: str


class PeriodKind(StrEnum):
    """What a period is, told by its length alone, for the SEC's own labels are of the filing."""

    INSTANT = "instant"
    QUARTER = "quarter"
    TO_DATE = "year to date"
    YEAR = "year"
    OTHER = "period"


_LENGTHS = (
    # Days, both ends included; a quarter has 12 to 17 weeks. Between them lies no fiscal period.
    (80, 120, PeriodKind.QUARTER),
    (160, 200, PeriodKind.TO_DATE),
    (245, 290, PeriodKind.TO_DATE),
    (350, 380, PeriodKind.YEAR),
)


@total_ordering
@dataclass(frozen=True, slots=True)
class FiscalPeriod:
    """A day (`start` None) or a stretch of days, both ends included; ordered by its end."""

    start: date | None
    end: date

    def __lt__(self, other: "FiscalPeriod") -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[date, date]:
        return self.end, self.start or self.end

    @property
    def days(self) -> int:
        """How long it is; a day is 1."""
        return (self.end - (self.start or self.end)).days + 1

    @property
    def kind(self) -> PeriodKind:
        """What its length makes of it."""
        if self.start is None:
            return PeriodKind.INSTANT
        found = (kind for low, high, kind in _LENGTHS if low <= self.days <= high)
        return next(found, PeriodKind.OTHER)

    @property
    def months(self) -> int | None:
        """3, 6, 9 or 12 where it is so many months, or the weeks that stand for them."""
        for months, low, high in (
            (_THREE, 88, 93),
            (_SIX, 180, 185),
            (_NINE, 271, 276),
            (_TWELVE, 362, 367),
        ):
            longer_by_a_week = months * 52 // 12 + 1
            if low <= self.days <= high or self.days == _WEEK * longer_by_a_week:
                return months
        return None

    def is_year_before(self, other: "FiscalPeriod") -> bool:
        """Whether this is the same stretch of the year before."""
        try:
            day = other.end.replace(year=other.end.year - 1)
        except ValueError:  # 29 February
            day = other.end.replace(year=other.end.year - 1, day=28)
        alike = self.kind is other.kind and abs(self.days - other.days) <= _YEAR_SLIP.days
        return alike and abs(self.end - day) <= _YEAR_SLIP


@dataclass(frozen=True, slots=True)
class Concept:
    """What a fact measures: `us-gaap:NetIncomeLoss`, with the taxonomy's own label."""

    taxonomy: str
    name: str
    label: str = ""

    @property
    def qualified(self) -> str:
        """With its taxonomy."""
        return f"{self.taxonomy}:{self.name}"


@dataclass(frozen=True, slots=True)
class Report:
    """A value as one filing states it.

    Attributes:
        fiscal_year, fiscal_period: of the filing, not of the fact: a 10-Q's comparison with the
            year before carries them too.
    """

    value: Decimal
    form: str
    filed: date
    accession: str
    fiscal_year: int | None = None
    fiscal_period: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A concept's value in a unit for a period, as most recently filed.

    Attributes:
        unit: `USD`, `USD/shares`, `shares`, `EUR`, `pure` …
        frame: the calendar period the SEC files it under, such as `CY2025Q1`; often empty.
        fiscal: the company's own name of the period, `Q1 FY2026` or `FY2025`, where the filing
            that first reported it gives one.
        restated: earlier filings with another value, oldest first.
        annual: an annual report states it.
    """

    concept: Concept
    unit: str
    period: FiscalPeriod
    latest: Report
    frame: str = ""
    fiscal: str = ""
    restated: tuple[Report, ...] = ()
    annual: bool = False

    @property
    def value(self) -> Decimal:
        """As most recently filed."""
        return self.latest.value
