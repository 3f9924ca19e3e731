"""What a run can ask about companies; the figures it gets become a source like a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from alex.errors import InvalidInput
from researcher.facts.sec.measures import KEY_MEASURES
from researcher.facts.sec.statement import statement
from researcher.sources.collector import SourceCollector
from researcher.sources.sec.client import SecClient
from researcher.sources.sec.companies import cik_of
from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Company, Concept, Filing
from researcher.sources.sec.submissions import Submissions
from researcher.sources.source import Source, text_hash
from researcher.sources.web.pages import PageUnreadable, ReadFailure

MAIN_FORMS = ("10-K", "10-Q", "8-K", "20-F", "40-F", "6-K")
"""Companies' regular reports, in the US and from abroad."""

MOST_FILINGS, MOST_CONCEPTS, MOST_PERIODS = 20, 24, 12
_MOST_OLDER_FILES = 3


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """What the SEC says of a company; industry and year's end may be empty."""

    company: Company
    industry: str = ""
    year_end: str = ""


@dataclass(frozen=True, slots=True)
class FilingList:
    """Filings that were asked for, newest first.

    Attributes:
        left_out: how many more there are.
        forms: what else the company files, where nothing was found.
    """

    company: Company
    filings: tuple[Filing, ...]
    left_out: int = 0
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactsAnswer:
    """The source that holds the figures; concepts the company does not report, with likely ones."""

    source: Source
    unknown: dict[str, list[str]] = field(default_factory=dict)


class SecData:
    """Companies, filings and facts for one run.

    Args:
        client: the SEC's files.
        collector: keeps the figures as a source, and what could not be read with its reason.
        requested: tickers the run is on; where one of these is unknown, the report says so.
    """

    def __init__(
        self, client: SecClient, collector: SourceCollector, requested: Iterable[str] = ()
    ) -> None:
        self._client = client
        self._collector = collector
        self._requested = frozenset(name.upper() for name in requested)
        self._found: dict[int, Company] = {}
        self._concepts: dict[int, dict[Concept, None]] = {}
        self._periods: dict[int, int] = {}

    async def company(self, name: str) -> CompanyProfile:
        """The company of a ticker or CIK.

        Raises:
            PageUnreadable: it is not listed, or the SEC could not be asked.
        """
        company = await self._find(name)
        try:
            index = await self._client.submissions(company)
        except PageUnreadable as error:
            if company.tickers:  # its figures may be there all the same
                self._add_unread(error, name)
                return CompanyProfile(company)
            raise
        return CompanyProfile(_named(company, index), index.industry, index.year_end)

    async def filings(
        self, name: str, forms: Sequence[str] = (), since: str | None = None
    ) -> FilingList:
        """A company's filings of some forms, amendments included; their addresses may be read.

        Raises:
            PageUnreadable: as `company`.
            InvalidInput: `since` is no day.
        """
        first = _day(since)
        company = await self._find(name)
        try:
            index = await self._client.submissions(company)
            listed = [*index.recent, *await self._older(company, index, first)]
        except PageUnreadable as error:
            self._add_unread(error, name)
            raise
        wanted = {form.strip().upper() for form in forms} or set(MAIN_FORMS)
        found = [
            filing
            for filing in listed
            if filing.form.upper().removesuffix("/A") in {f.removesuffix("/A") for f in wanted}
            and (first is None or filing.filed >= first)
        ]
        shown = sorted(found, key=lambda filing: filing.filed, reverse=True)[:MOST_FILINGS]
        self._collector.offer(url for filing in shown for url in (filing.url, filing.index))
        others = () if shown else tuple(dict.fromkeys(filing.form for filing in listed))
        return FilingList(
            _named(company, index), tuple(shown), len(found) - len(shown), others[:MOST_FILINGS]
        )

    async def facts(
        self, name: str, concepts: Sequence[str] = (), periods: int | None = None
    ) -> FactsAnswer:
        """A company's figures as a source; it grows where more is asked for.

        Args:
            name: ticker or CIK.
            concepts: XBRL names, with or without taxonomy, besides the key measures.
            periods: quarters and years to show; None for what a reader wants to see first.

        Raises:
            PageUnreadable: as `company`, or the company reports no figures in XBRL.
        """
        company = await self._find(name)
        try:
            file = await self._client.facts(company)
        except PageUnreadable as error:
            self._add_unread(error, name)
            raise
        unknown = self._want(file.content, concepts, periods)
        cik = company.cik
        made = statement(file.content, tuple(self._concepts[cik]), self._periods.get(cik))
        if made.newest is None:
            nothing = PageUnreadable(file.url, ReadFailure.EMPTY, made.text.splitlines()[-1])
            self._add_unread(nothing, name)
            raise nothing
        source = self._collector.put(
            Source(
                key="",
                url=file.url,
                title=f"{file.content.company.titled}: figures from its filings",
                text=made.text,
                sha256=file.sha256,
                text_sha256=text_hash(made.text),
                retrieved=file.retrieved,
                via="sec data",
                published=made.newest.filed,
                media_type="application/json",
            )
        )
        return FactsAnswer(source, unknown)

    def _want(
        self, facts: CompanyFacts, concepts: Sequence[str], periods: int | None
    ) -> dict[str, list[str]]:
        """Add to what the company's source shows; what is unknown, with names that are like it."""
        cik = facts.company.cik
        wanted = self._concepts.setdefault(cik, {})
        unknown: dict[str, list[str]] = {}
        for name in concepts[:MOST_CONCEPTS]:
            concept = facts.find(name)
            if concept and len(wanted) < MOST_CONCEPTS:
                wanted[concept] = None
            elif name.strip().casefold() not in _MEASURES:
                unknown[name] = facts.like(name)
        if periods:
            most = max(periods, self._periods.get(cik, 0))
            self._periods[cik] = min(most, MOST_PERIODS)
        return unknown

    async def _find(self, name: str) -> Company:
        if cik := cik_of(name):
            return self._found.get(cik) or Company(cik, f"CIK {cik}")
        try:
            companies = await self._client.companies()
        except PageUnreadable as error:
            self._add_unread(error, name)
            raise
        company = companies.find(name)
        if company is None:
            meant = ", ".join(f"{c.tickers[0]} ({c.name})" for c in companies.like(name))
            hint = f" Did you mean {meant}?" if meant else ""
            wanted = name.strip().upper()
            unlisted = PageUnreadable(
                f"ticker:{wanted}",
                ReadFailure.NOT_LISTED,
                f"The SEC lists no company under {wanted!r}.{hint}",
            )
            self._add_unread(unlisted, name)
            raise unlisted
        self._found[company.cik] = company
        return company

    async def _older(
        self, company: Company, index: Submissions, first: date | None
    ) -> list[Filing]:
        """What the index keeps in files of their own, back to a day, a few files at most."""
        found: list[Filing] = []
        oldest = min((filing.filed for filing in index.recent), default=date.max)
        for name in index.older[:_MOST_OLDER_FILES]:
            if first is None or oldest < first:
                break
            found += await self._client.older(company, name)
            oldest = min((filing.filed for filing in found), default=oldest)
        return found

    def _add_unread(self, error: PageUnreadable, name: str) -> None:
        """Keep a failure for the report; a name that a model made up is no failure."""
        made_up = error.failure is ReadFailure.NOT_LISTED
        if not made_up or name.strip().upper() in self._requested:
            self._collector.add_unread(error)


_MEASURES = frozenset(measure.name.casefold() for measure in KEY_MEASURES)


def _named(company: Company, index: Submissions) -> Company:
    """The company with its name where only its number was known."""
    return company if company.tickers else index.company


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput.of("since", "must be a day such as 2025-01-31") from error
