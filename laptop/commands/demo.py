"""`alex demo`."""

from pathlib import Path
from typing import TYPE_CHECKING

from laptop.commands.research import follow
from laptop.console import Screen
from laptop.options import AsJson, DataDir
from laptop.rendering import document_page, search_results
from researcher.reports.markdown import count_of

if TYPE_CHECKING:  # the models load slowly, and `--help` needs none
    from laptop.demo import Demo

BROWSER_ADVICE = (
    "No browser was found, so the pages were read over plain HTTP: what scripts add to them is "
    "missing. `{install}` gets one."
)


def demo(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Research a small site, write a verified report, keep it, find it: a minute, no network."""
    from laptop.demo import QUESTION, run_demo  # noqa: PLC0415 - keeps `--help` quick
    from laptop.local import data_folder  # noqa: PLC0415

    screen = Screen(as_json=as_json)
    result = run_demo(
        data_folder(data_dir) / "demo",
        follow=lambda backend, job: follow(screen, backend, job),
        note=screen.note,
    )
    if as_json:
        screen.data(result.as_json())
    else:
        _show(screen, result, QUESTION)


def _show(screen: Screen, result: "Demo", question: str) -> None:
    """The report, the search that finds it, where things are, and what to try next."""
    from researcher.sources.web.browser import INSTALL  # noqa: PLC0415 - keeps `--help` quick

    alex = _command()
    screen.out.print()
    screen.out.rule("The report", style="quiet")
    screen.out.print(document_page(result.report))
    screen.out.rule(f"Found again: “{question}”", style="quiet")
    screen.out.print(search_results(result.results, question))
    screen.out.rule("Where things are", style="quiet")
    kept = count_of(result.documents, "document")
    news = f"{result.new} of them new" if result.new else "none of them new: nothing is doubled"
    screen.out.print(f"{kept}, {news}, in {result.folder}", markup=False, soft_wrap=True)
    if result.unchanged:
        screen.out.print(f"{result.unchanged}; a note says so", markup=False, soft_wrap=True)
    screen.out.print(
        f"{count_of(len(result.evidence.kept), 'statement')}, each proven by quotes that "
        f"{result.job.evidence_id} keeps",
        markup=False,
    )
    if result.evidence.via == "http":
        screen.warn(BROWSER_ADVICE.format(install=INSTALL))
    screen.note(
        "\nNext:\n"
        f'  {alex} search "order backlog" --data-dir "{result.folder}"\n'
        f'  {alex} research "your question" --url https://…\n'
        f"  {alex} ingest PATH …\n"
        f"  {alex} serve"
    )


def _command() -> str:
    """What runs this very `alex` again: a checkout's is on no PATH."""
    checkout = (Path(__file__).parents[2] / "pyproject.toml").exists()
    return "uv run alex" if checkout else "alex"
