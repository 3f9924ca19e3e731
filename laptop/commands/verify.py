"""`alex verify`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from alex.errors import Misconfigured
from laptop.backend_choice import open_backend
from laptop.console import ExitCode, Screen, printable
from laptop.options import AsJson, DataDir
from researcher.reports.markdown import count_of

if TYPE_CHECKING:  # it loads slowly, and `--help` needs none of it
    from researcher.reports.audit import Audit


def verify(
    report_id: Annotated[
        str, typer.Argument(metavar="REPORT_ID", help="The report's id, as listings show it.")
    ],
    *,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Check a stored report again, from scratch: sources, quotes, figures, formulas, text."""
    from laptop.local import LocalBackend  # noqa: PLC0415 - keeps `--help` quick
    from researcher.reports.audit import audit_report  # noqa: PLC0415

    screen = Screen(as_json=as_json)
    backend = open_backend(screen, data_dir)
    if not isinstance(backend, LocalBackend):
        raise Misconfigured(
            "The service gives out reports but not their evidence, so nothing can be checked from"
            " here. `--data-dir` checks a report that this machine keeps."
        )
    audit = audit_report(backend.services, report_id)
    if as_json:
        screen.data(_plain(audit))
    else:
        _show(screen, audit)
    if not audit.holds:
        raise typer.Exit(ExitCode.FAILED)


def _plain(audit: "Audit") -> dict[str, object]:
    return {
        "report_id": audit.report_id,
        "evidence_id": audit.evidence_id,
        "holds": audit.holds,
        "sources": audit.sources,
        "faults": list(audit.faults),
        "claims": [
            {
                "id": claim.id,
                "place": claim.place,
                "text": claim.text,
                "verdict": "proven" if claim.proven else "refused",
                "reasons": list(claim.reasons),
            }
            for claim in audit.claims
        ],
    }


def _show(screen: Screen, audit: "Audit") -> None:
    """The claims, those refused first, and what else is wrong."""
    table = Table("", "Verdict", "Statement", box=None, padding=(0, 2, 0, 0), expand=True)
    for claim in sorted(audit.claims, key=lambda claim: claim.proven):
        statement = Text(printable(claim.text))
        if not claim.proven:
            statement.append(f"\n{printable('; '.join(claim.reasons))}", "bad")
        shown = Text("proven", "good") if claim.proven else Text("refused", "bad")
        table.add_row(claim.id, shown, statement)
    if audit.claims:
        screen.out.print(table)
    for fault in audit.faults:
        screen.out.print(Text(printable(fault), "bad"))
    proven = sum(claim.proven for claim in audit.claims)
    statements = f"{proven} of {count_of(len(audit.claims), 'statement')} proven"
    read = f"{count_of(audit.sources, 'source')} compared with what was stored"
    verdict = "The report holds" if audit.holds else "The report does not hold"
    screen.out.print(
        Text(f"{verdict}: {statements}, {read}.", "good" if audit.holds else "bad"), soft_wrap=True
    )
