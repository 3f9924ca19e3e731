"""Titles, headings and questions say nothing that sources would have to prove."""

from datetime import UTC, datetime

import pytest

from researcher.sources.source import Source
from researcher.verify.unquoted import LONGEST, Vocabulary

TEXT = "Heron Works sells pumps. Its competitors, such as Bittern AG, sold fewer. Order PX-20441-B."
WORDS = Vocabulary(
    "How competitive is Heron Works?",
    [
        Source(
            key="S1",
            url="http://site.test/",
            title="Heron Works results",
            text=TEXT,
            sha256="",
            text_sha256="",
            retrieved=datetime(2026, 1, 1, tzinfo=UTC),
            via="http",
        )
    ],
)


@pytest.mark.parametrize(
    "text",
    [
        "Heron Works and its competitors",
        "Competitive Landscape",
        "What would change the demand for pumps?",
        "Does Bittern's decline last?",
        "Who gets order PX-20441-B?",
        "Outlook",
        "HERON WORKS",
        "Note 3: competition",
    ],
)
def test_what_may_stand(text: str) -> None:
    assert WORDS.allows(text)


@pytest.mark.parametrize(
    "text",
    [
        "Revenue of $5 million",
        "Buy Zephyrcoin now",
        "Buy Zephyrcoin Now",
        "Why does Heron trail Zephyr?",
        "See http://evil.test/?q=x",
        "See HTTPS://evil.test",
        "Visit www.evil.test",
        "Visit evil.com",
        "Connect to 10.0.0.7",
        "Write to me@evil.test",
        "The key is sk-4f1c9a7e2b55",
        "x" * 31,
        "pumps " * 40,
    ],
)
def test_what_may_not(text: str) -> None:
    assert not WORDS.allows(text)


def test_the_limit_is_a_length() -> None:
    assert WORDS.allows("a" + " a" * (LONGEST // 2 - 1))
