"""The SEC's list of tickers: which company a ticker is."""

import difflib
from collections.abc import Mapping
from typing import Any

from researcher.sources.sec.model import Company
from researcher.sources.sec.submissions import Malformed

PATH = "/files/company_tickers.json"
_LONGEST_CIK = 10
_SUGGESTIONS = 3


class Companies:
    """The list, as `company_tickers.json` has it; entries without number or ticker are no use."""

    def __init__(self, listed: Mapping[str, Any]) -> None:
        """Take the list's content.

        Raises:
            Malformed: no company is in it.
        """
        self._companies: dict[int, Company] = {}
        self._ciks: dict[str, int] = {}
        for entry in listed.values():
            if isinstance(entry, Mapping):
                self._add(entry.get("cik_str"), entry.get("ticker"), entry.get("title"))
        if not self._companies:
            raise Malformed("no company is in it")

    def find(self, name: str) -> Company | None:
        """The company of a ticker in any usual spelling (`BRK.B`, `brk-b`), or of a CIK."""
        cik = cik_of(name) or self._ciks.get(_normal(name))
        return self._companies.get(cik) if cik else None

    def like(self, name: str) -> list[Company]:
        """Companies that may be meant: of a ticker like this, or with this in their name."""
        wanted, words = _normal(name), name.strip().casefold()
        near = difflib.get_close_matches(wanted, self._ciks, _SUGGESTIONS)
        named = [c.cik for c in self._companies.values() if words and words in c.name.casefold()]
        ciks = dict.fromkeys([*named[:_SUGGESTIONS], *(self._ciks[ticker] for ticker in near)])
        return [self._companies[cik] for cik in ciks][:_SUGGESTIONS]

    def _add(self, cik: object, ticker: object, title: object) -> None:
        if not (isinstance(cik, int) and isinstance(ticker, str) and _normal(ticker)):
            return
        before = self._companies.get(cik)
        tickers = (*before.tickers, ticker.upper()) if before else (ticker.upper(),)
        name = " ".join(title.split()) if isinstance(title, str) else ""
        self._companies[cik] = Company(cik, name or ticker.upper(), tickers)
        self._ciks.setdefault(_normal(ticker), cik)


def cik_of(name: str) -> int | None:
    """The number, where a name is a CIK: `1640147`, `0001640147` or `CIK0001640147`."""
    digits = name.strip().upper().removeprefix("CIK")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_CIK):
        return None
    return int(digits) or None


def _normal(ticker: str) -> str:
    """Classes of shares are written with a point, a dash or a slash: one spelling for all."""
    return ticker.strip().upper().lstrip("$").replace(".", "-").replace("/", "-")
