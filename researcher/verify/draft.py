"""What a writer hands in: claims, each with the quotes that are to prove it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Quote(_Part):
    """An exact piece of a source's text."""

    source: str = Field(description="The source's key, such as S1.")
    text: str = Field(description="Copied from that source, character by character.")


class Operand(_Part):
    """One figure that a calculation starts from."""

    name: str = Field(description="As the formula calls it: one letter or word.")
    value: str = Field(description="With currency, scale and unit: $46,743 million.")
    quote: Quote = Field(description="Bears the figure; a table row or a sentence.")


class Calculation(_Part):
    """How a figure that no source states follows from figures that sources state."""

    result: str = Field(description="Exactly as the claim writes it, such as 31.5%.")
    formula: str = Field(description="Over the operands' names: (a - b) / b. Only + - * / ( ).")
    operands: list[Operand]


class Claim(_Part):
    """One statement and its proof."""

    text: str = Field(description="One sentence. Figures as the quotes give them, or calculated.")
    quotes: list[Quote] = Field(description="At least one; together they bear every number.")
    calculations: list[Calculation] = Field(
        default_factory=list, description="One for each figure that no quote states."
    )


class KeyFigure(_Part):
    """One figure for the report's table."""

    name: str = Field(description="What it measures, as the source calls it.")
    period: str = Field(description="The period or date it belongs to; empty if none is stated.")
    value: str = Field(description="With currency, scale and unit, such as $46,743 million.")
    quotes: list[Quote]

    @property
    def claim(self) -> Claim:
        """The figure as a statement, so that it is checked like any other."""
        when = f" ({self.period})" if self.period else ""
        return Claim(text=f"{self.name}{when}: {self.value}", quotes=self.quotes)


class Section(_Part):
    """Claims on one matter."""

    heading: str
    claims: list[Claim]


class Draft(_Part):
    """A whole report before it is checked."""

    title: str
    summary: list[Claim] = Field(description="The two to four statements that matter most.")
    key_figures: list[KeyFigure] = Field(default_factory=list)
    sections: list[Section] = Field(default_factory=list)
    risks: list[Claim] = Field(
        default_factory=list, description="What may go wrong, as the sources tell it."
    )
    watch: list[Claim] = Field(
        default_factory=list,
        description="Guidance, plans, dates and thresholds whose outcome would change the view.",
    )
    open_questions: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placed:
    """A claim and its place in the draft.

    Attributes:
        id: `C1`, `C2`, … in the order of the draft.
        place: `summary`, `key figures`, `risks`, `watch`, or the heading of its section.
        figure: the key figure it states, where it is one.
    """

    id: str
    place: str
    claim: Claim
    figure: KeyFigure | None = None


def placed_claims(draft: Draft) -> list[Placed]:
    """Every claim of a draft, numbered."""
    return [
        Placed(f"C{number}", place, claim, figure)
        for number, (place, claim, figure) in enumerate(_claims(draft), start=1)
    ]


SUMMARY, KEY_FIGURES, RISKS, WATCH = "summary", "key figures", "risks", "watch"
"""Places with headings of their own; every other place is a section's heading."""


def _claims(draft: Draft) -> Iterator[tuple[str, Claim, KeyFigure | None]]:
    for claim in draft.summary:
        yield SUMMARY, claim, None
    for figure in draft.key_figures:
        yield KEY_FIGURES, figure.claim, figure
    for section in draft.sections:
        for claim in section.claims:
            yield section.heading, claim, None
    for claim in draft.risks:
        yield RISKS, claim, None
    for claim in draft.watch:
        yield WATCH, claim, None
