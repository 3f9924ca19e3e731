"""The SEC's index of a company's filings."""

from collections.abc import Iterator
from datetime import date
from itertools import chain, repeat, zip_longest
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from researcher.sources.sec.model import Company, Filing

_WHEN_UNTITLED = "Filing"


class Malformed(ValueError):
    """The data are not as the SEC documents them."""


def _day_or_none(value: object) -> object:
    """The SEC writes "" for no day."""
    return value or None


type _Days = list[Annotated[date | None, BeforeValidator(_day_or_none)]]


class _SecModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Columns(_SecModel):
    """Filings as columns of equal length, newest first."""

    accession_number: list[str]
    filing_date: list[date]
    form: list[str]
    primary_document: list[str] = Field(default_factory=list)
    report_date: _Days = Field(default_factory=list)
    items: list[str] = Field(default_factory=list)
    primary_doc_description: list[str] = Field(default_factory=list)


class _OlderFile(BaseModel):
    name: str = Field(pattern=r"^CIK\d{10}-submissions-\d{3}\.json$")


class _Filings(BaseModel):
    recent: _Columns
    files: list[_OlderFile] = Field(default_factory=list)


class _Submissions(_SecModel):
    cik: int
    name: str
    tickers: list[str] = Field(default_factory=list)
    sic_description: str = ""
    fiscal_year_end: str | None = None
    filings: _Filings


class Submissions:
    """A company as its filing index describes it, and its recent filings.

    Attributes:
        industry: the SEC's words for it; may be empty.
        year_end: month and day on which its fiscal year ends, `0131`; may be empty.
        older: names of the files that list what is older, newest first.
    """

    def __init__(self, data: dict[str, Any], web_url: str) -> None:
        """Read the index; `web_url` is where the documents are.

        Raises:
            Malformed: it is not in the SEC's form.
        """
        try:
            read = _Submissions.model_validate(data)
        except ValidationError as error:
            raise Malformed(_first(error)) from error
        self.company = Company(read.cik, " ".join(read.name.split()), tuple(read.tickers))
        self.industry = read.sic_description
        self.year_end = read.fiscal_year_end or ""
        self.recent = list(_filings(read.filings.recent, read.cik, web_url))
        self.older = [file.name for file in read.filings.files]


def older_filings(data: dict[str, Any], company: Company, web_url: str) -> list[Filing]:
    """The filings of an older file, which is nothing but the columns.

    Raises:
        Malformed: it is not in the SEC's form.
    """
    try:
        columns = _Columns.model_validate(data)
    except ValidationError as error:
        raise Malformed(_first(error)) from error
    return list(_filings(columns, company.cik, web_url))


def _filings(columns: _Columns, cik: int, web_url: str) -> Iterator[Filing]:
    if not len(columns.accession_number) == len(columns.filing_date) == len(columns.form):
        raise Malformed("its columns differ in length")
    wide = zip_longest(
        columns.primary_document,
        columns.report_date,
        columns.items,
        columns.primary_doc_description,
    )
    needed = zip(columns.accession_number, columns.form, columns.filing_date, strict=True)
    nothing = repeat((None, None, None, None))
    for (accession, form, filed), (document, period, items, title) in zip(
        needed, chain(wide, nothing), strict=False
    ):
        folder = f"{web_url}/Archives/edgar/data/{cik}/{accession.replace('-', '')}"
        yield Filing(
            accession=accession,
            form=form,
            filed=filed,
            period=period,
            items=items or "",
            description=title or _WHEN_UNTITLED,
            url=f"{folder}/{document}" if document else f"{folder}/{accession}-index.htm",
            index=f"{folder}/{accession}-index.htm",
        )


def _first(error: ValidationError) -> str:
    """Where the first fault is, without the data themselves."""
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
