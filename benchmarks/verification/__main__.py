"""Measure the check of claims: `uv run python -m benchmarks.verification [DIR] [--json]`.

DIR holds filings as HTML (or texts); without it, the sample filings beside the checkout are taken.
Reports are made of each by the offline model, with no network. Their true statements are then
falsified, one kind of falsehood at a time, and the check should refuse each; and statements known
to be true, it should accept. The same folder gives the same table.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from alex.local.embedder import MiniLmEmbedder
from benchmarks.verification import filings, tampering
from benchmarks.verification.filings import SampleFiling
from benchmarks.verification.mutations import MUTATIONS, Case
from benchmarks.verification.truths import Truth, truths
from researcher.facts.indexed_source import IndexedSource
from researcher.verify.check import check

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "sec" / "pages"
SEED = 20260101
_SHOWN = 5


@dataclass(slots=True)
class CheckTally:
    """Of one kind: how many were tried, how many went as they should."""

    tried: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, text: str, *, right: bool) -> None:
        """Count one; a few that went wrong are kept to be shown."""
        self.tried += 1
        self.right += right
        if not right and len(self.wrong) < _SHOWN:
            self.wrong.append(text)

    @property
    def share(self) -> float:
        """Per cent that went as they should."""
        return 100 * self.right / self.tried if self.tried else 100.0


@dataclass(frozen=True, slots=True)
class Result:
    """Caught falsehoods by kind, and accepted truths by where they come from."""

    filings: list[str]
    caught: dict[str, CheckTally]
    accepted: dict[str, CheckTally]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table or JSON on standard output, and progress on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verification", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="filings as HTML")
    parser.add_argument("--json", action="store_true", help="print every number as JSON")
    parser.add_argument("--show", action="store_true", help="print what slipped through, too")
    options = parser.parse_args(arguments)
    folder = options.folder or SAMPLE
    paths = filings.find(folder) if folder.is_dir() else []
    if not paths:
        wanted = " or ".join(filings.SUFFIXES)
        parser.error(f"{folder} holds no filings. Give a folder of filings: {wanted} files.")
    result = measure(paths)
    if options.json:
        print(json.dumps(asdict(result) | totals(result), indent=2, ensure_ascii=False))
        return
    print(table(result))
    if options.show:
        for name, tally in (*result.caught.items(), *result.accepted.items()):
            for text in tally.wrong:
                print(f"- {name}: {text}")


def measure(paths: Sequence[Path]) -> Result:
    """Falsify and check everything that the filings let us say."""
    read = list(filings.read(paths))
    indexed = {filing.key: filing.indexed for filing in read}
    embedder = MiniLmEmbedder()
    result = Result([filing.name for filing in read], {}, {})
    for filing in read:
        report = filings.written(filing, embedder)
        draw = Random(f"{SEED} {filing.name}")  # noqa: S311 - the same table every time
        known = list(truths(filing, report, draw))
        print(f"{filing.name}: {len(known)} true statements", file=sys.stderr)
        kept = [truth for truth in known if _accept(truth, indexed, result.accepted)]
        for name, claim, caught in _falsified(kept, filing, read, indexed, draw):
            result.caught.setdefault(name, CheckTally()).count(claim, right=caught)
        for name, caught in tampering.tampered(filing, report):
            result.caught.setdefault(name, CheckTally()).count(filing.name, right=caught)
    return result


def _accept(
    truth: Truth, indexed: Mapping[str, IndexedSource], accepted: dict[str, CheckTally]
) -> bool:
    verdict = check(truth.claim, indexed)
    text = f"{truth.claim.text} {list(verdict.reasons)}"
    accepted.setdefault(truth.origin, CheckTally()).count(text, right=verdict.passed)
    return verdict.passed


def _falsified(
    kept: Sequence[Truth],
    filing: SampleFiling,
    read: Sequence[SampleFiling],
    indexed: Mapping[str, IndexedSource],
    draw: Random,
) -> Iterator[tuple[str, str, bool]]:
    """Each falsehood's kind and text, and whether the check refuses it."""
    claims = [truth.claim for truth in kept]
    for claim in claims:
        case = Case(claim, filing, [other for other in claims if other is not claim], read, draw)
        for name, mutate in MUTATIONS.items():
            false = mutate(case)
            if false is not None:
                yield name, f"{false.text} [was: {claim.text}]", not check(false, indexed).passed


def totals(result: Result) -> dict[str, float]:
    """The two numbers that matter, in per cent."""
    caught, accepted = result.caught.values(), result.accepted.values()
    return {
        "caught_percent": _overall(list(caught)),
        "falsely_rejected_percent": round(100 - _overall(list(accepted)), 2),
    }


def _overall(tallies: Sequence[CheckTally]) -> float:
    whole = CheckTally(sum(t.tried for t in tallies), sum(t.right for t in tallies))
    return round(whole.share, 2)


def table(result: Result) -> str:
    """The table in words and columns."""
    lines = [f"{'falsehood':<22}{'tried':>8}{'caught':>8}{'%':>8}"]
    lines += [_line(name, tally) for name, tally in result.caught.items()]
    lines += ["", f"{'true statements':<22}{'tried':>8}{'kept':>8}{'%':>8}"]
    lines += [_line(name, tally) for name, tally in result.accepted.items()]
    both = totals(result)
    caught, refused = both["caught_percent"], both["falsely_rejected_percent"]
    lines.append(f"\n{len(result.filings)} filings: {caught:.2f} % of falsehoods are caught,")
    lines.append(f"{refused:.2f} % of true statements are falsely rejected.")
    return "\n".join(lines)


def _line(name: str, tally: CheckTally) -> str:
    return f"{name:<22}{tally.tried:>8,}{tally.right:>8,}{tally.share:>8.1f}"


if __name__ == "__main__":
    main()
