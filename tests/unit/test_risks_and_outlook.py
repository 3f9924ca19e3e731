"""Risks and outlook in the sources' own words, chosen by meaning."""

from alex.local.embedder import MiniLmEmbedder
from researcher.llm.offline.risks_and_outlook import OUTLOOK, RISK, Topic, sentences_on
from researcher.llm.offline.sentences import sentences
from researcher.prompts import PromptSource
from researcher.sources.relevance import Ranker

PAGE = """\
# Results

Revenue was $412.6 million in the quarter, up 9% from $378.5 million a year earlier.
The company held $284.6 million of cash on June 30, 2026.

## Outlook

For the third quarter the company expects revenue between $420 million and $430 million.
A second plant is planned to open in the spring of 2027 at a cost of about $61 million.

## Risks

Two suppliers of optical parts account for 38% of purchases, and either could delay deliveries.
New tariffs on sensors might lower the gross margin in the coming quarters.
Additional risks not presently known to us may also harm our business and our results.
"""
"""Sentences on a line of their own; the last is of every company's report."""


EMBEDDER = MiniLmEmbedder()


def chosen(topic: Topic, text: str) -> list[str]:
    source = PromptSource("S1", "Results", "http://site.test/", "", text)
    found = [(source, sentence) for sentence in sentences(text)]
    ranker = Ranker(EMBEDDER, "Northwind second quarter results")
    return [sentence.plain for _, sentence in sentences_on(topic, found, ranker)]


def test_risks_are_told_in_the_order_of_the_page() -> None:
    first, second = chosen(RISK, PAGE)
    assert first.startswith("Two suppliers of optical parts")
    assert second.startswith("New tariffs")


def test_guidance_and_plans_are_what_to_watch() -> None:
    guidance, plant = chosen(OUTLOOK, PAGE)
    assert guidance.startswith("For the third quarter")
    assert plant.startswith("A second plant")


def test_where_the_sources_say_nothing_of_it_nothing_is_told() -> None:
    results = PAGE.partition("## Outlook")[0]
    assert chosen(RISK, results) == []
    assert chosen(OUTLOOK, results) == []
    assert chosen(RISK, "") == []


def test_the_same_risk_is_told_once() -> None:
    again = (
        PAGE + "\nTwo suppliers of optical parts account for 38% of purchases and could delay.\n"
    )
    assert sum("Two suppliers" in text for text in chosen(RISK, again)) == 1
