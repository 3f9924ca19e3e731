"""Pages become text: faithful tables, no furniture, only what the page states about itself."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.errors import InvalidInput
from researcher.sources.web.extraction import (
    Extracted,
    decode,
    extract,
    extract_html,
    extract_pdf,
    media_type_of,
)

URL = "https://example.com/a/page.html"


def read(body: str, head: str = "") -> Extracted:
    return extract_html(f"<html><head>{head}</head><body>{body}</body></html>", URL)


def lines(body: str) -> list[str]:
    return [line for line in read(f"<main>{body}</main>").text.splitlines() if line]


def test_headings_lists_and_paragraphs() -> None:
    text = read(
        "<main><h1>Results</h1><p>Revenue\n  rose&nbsp;by <b>5</b>%.</p>"
        "<h3>Costs</h3><ul><li>Rent</li><li>Wages, <a href=x>see there</a></li></ul>"
        "One<br>Two<blockquote>Three</blockquote></main>"
    ).text
    assert text == (
        "# Results\n\nRevenue rose by 5%.\n\n### Costs\n\n- Rent\n- Wages, see there\n\n"
        "One\n\nTwo\n\nThree\n"
    )


def test_words_split_by_markup_stay_words_and_blocks_stay_apart() -> None:
    assert lines("<p>Rev<i>en</i>ue <!-- no -->was 5</p><div>Next</div>") == [
        "Revenue was 5",
        "Next",
    ]


def test_preformatted_text_keeps_its_lines() -> None:
    assert lines("<pre>a  b\nc\n\nd</pre>") == ["a b", "c", "d"]


def test_cells_of_a_figure_are_joined_and_stacked_headers_become_one() -> None:
    assert lines(
        "<table><tr><td></td><td colspan=7>Three Months Ended</td></tr>"
        "<tr><td>(in millions)</td><td colspan=3>June 28,<br>2025</td><td></td>"
        "<td colspan=3>June 29,<br>2024</td></tr>"
        "<tr><td>Sales</td><td>$</td><td>94,036</td><td></td><td></td><td>$</td><td>85,777</td>"
        "<td></td></tr>"
        "<tr><td>Loss</td><td></td><td>(171</td><td>)</td><td></td><td></td><td>—</td><td></td></tr>"
        "<tr><td>Change</td><td></td><td>(2.5</td><td>)%</td><td></td><td></td><td>10</td>"
        "<td>%</td></tr></table>"
    ) == [
        "| (in millions) | Three Months Ended June 28, 2025 | Three Months Ended June 29, 2024 |",
        "| Sales | $ 94,036 | $ 85,777 |",
        "| Loss | (171) | — |",
        "| Change | (2.5)% | 10% |",
    ]


def test_a_negative_figure_is_never_taken_for_a_bracket_of_its_neighbour() -> None:
    assert lines(
        "<table><tr><th>Item</th><th>A</th><th>B</th></tr>"
        "<tr><td>Other</td><td>142</td><td>(698)</td></tr>"
        "<tr><td>More</td><td>(87)</td><td>(415)</td></tr></table>"
    ) == ["| Item | A | B |", "| Other | 142 | (698) |", "| More | (87) | (415) |"]


def test_rows_without_a_label_keep_their_columns() -> None:
    assert lines(
        "<table><tr><th>Segment</th><th>2025</th><th>2024</th></tr>"
        "<tr><td>A</td><td>1</td><td></td></tr><tr><td></td><td></td><td>2</td></tr></table>"
    ) == ["| Segment | 2025 | 2024 |", "| A | 1 |  |", "|  |  | 2 |"]


def test_row_spans_push_the_cells_below_aside() -> None:
    assert lines(
        "<table><tr><th>Plant</th><th>Year</th><th>Units</th></tr>"
        "<tr><td rowspan=2>Duluth</td><td>2024</td><td>100</td></tr>"
        "<tr><td>2025</td><td>120</td></tr></table>"
    ) == [
        "| Plant | Year | Units |",
        "| Duluth | 2024 | 100 |",
        "|  | 2025 | 120 |",
    ]


def test_tables_that_only_arrange_text_are_no_tables() -> None:
    assert lines(
        "<table><tr><td>•</td><td>First</td></tr><tr><td>•</td><td>2nd</td></tr></table>"
    ) == ["- First", "- 2nd"]
    assert lines("<table><tr><td>(a)</td><td>Clause</td></tr></table>") == ["- (a) Clause"]
    assert lines("<table><tr><td><h2>Title</h2><p>Text</p></td></tr></table>") == [
        "## Title",
        "Text",
    ]


def test_a_bar_in_a_cell_makes_no_new_column() -> None:
    assert (
        lines("<table><tr><th>A|B</th><th>C</th></tr><tr><td>x</td><td>1</td></tr></table>")[0]
        == "| A/B | C |"
    )


cells = st.from_regex(r"\(?[1-9][0-9]{0,2}(,[0-9]{3}){0,2}(\.[0-9])?\)?", fullmatch=True)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8))
def test_no_figure_of_a_table_is_lost_or_moved(rows: list[list[str]]) -> None:
    html = "".join(
        f"<tr><td>Row {number}</td>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for number, row in enumerate(rows)
    )
    found = lines(f"<table><tr><th>Item</th><th>X</th><th>Y</th><th>Z</th></tr>{html}</table>")
    assert found[1:] == [f"| Row {number} | {' | '.join(row)} |" for number, row in enumerate(rows)]


def test_furniture_is_dropped_and_an_articles_own_header_is_not() -> None:
    text = read(
        "<header><nav><a href=/>Home</a></nav><p>Site slogan</p></header>"
        "<article><header><h1>Headline</h1><p>By Ada</p></header><p>Body text.</p>"
        "<aside>Related</aside><form><input name=q>Newsletter</form></article>"
        "<footer>Imprint</footer><div role=dialog>Dialog</div>"
        "<div class=cookie-banner>We use cookies. Consent?</div>"
    ).text
    assert text == "# Headline\n\nBy Ada\n\nBody text.\n"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>hidden()</script>",
        "<style>.hidden{}</style>",
        "<noscript>hidden</noscript>",
        "<template>hidden</template>",
        "<div hidden>hidden</div>",
        "<div style='DISPLAY : none'>hidden</div>",
        "<span style='color:red;visibility:hidden'>hidden</span>",
        "<ix:header><ix:hidden>hidden</ix:hidden></ix:header>",
        "<!-- hidden -->",
        "<textarea>hidden</textarea>",
    ],
)
def test_what_a_reader_does_not_see_is_no_text(hidden: str) -> None:
    assert lines(f"<p>Seen</p>{hidden}tail") == ["Seen", "tail"]
    assert lines(f"<p>Seen</p><div>in {hidden} a block</div>") == ["Seen", "in a block"]


def test_an_article_about_cookies_is_no_notice() -> None:
    body = "<p>How browsers store a cookie, and what consent means.</p>" * 80
    assert len(read(f"<div class='post cookie-article'>{body}</div>").text) > 3_000


def test_a_page_that_does_not_mark_its_content_keeps_every_figure() -> None:
    menu = "".join(f"<li><a href='/m{n}'>Menu entry {n}</a></li>" for n in range(40))
    story = "".join(
        f"<p>In year {n} the company sold {n * 37 + 11} tons of tea to its customers abroad, more "
        "than in any year before, and said so at length in its annual report.</p>"
        for n in range(1, 25)
    )
    text = read(
        f"<div><ul>{menu}</ul></div><div class=content><h2>Tea abroad</h2>{story}"
        "<table><tr><th>Country</th><th>Tons</th></tr><tr><td>Kenya</td><td>570,123</td></tr>"
        "<tr><td>Assam</td><td>480,456</td></tr></table></div>"
    ).text
    assert "Menu entry 7" not in text
    assert "| Kenya | 570,123 |" in text.splitlines()
    assert all(f"{n * 37 + 11} tons" in text for n in range(1, 25))


def test_a_main_element_with_next_to_nothing_in_it_is_not_believed() -> None:
    report = "<p>Sales of tea rose to 5,123 tons, as the company said in its report.</p>" * 20
    text = read(f"<main><h1>Welcome</h1></main><div><h2>Report</h2>{report}</div>").text
    assert "5,123 tons" in text


def test_short_bold_lines_are_headings_where_a_page_has_none() -> None:
    filing = (
        "<div><span style='font-weight:700'>Item 2. Discussion.</span></div>"
        "<div><b>Revenue</b></div><div><b>(in millions)</b></div>"
        "<div><b>Bold</b> start of a sentence.</div><div><b>A bold sentence ends here.</b></div>"
    )
    assert [line for line in read(filing).text.splitlines() if line] == [
        "## Item 2. Discussion.",
        "### Revenue",
        "(in millions)",
        "Bold start of a sentence.",
        "A bold sentence ends here.",
    ]


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta property="article:published_time" content="2025-03-04T10:00:00Z">', "2025-03-04"),
        ('<meta name="DC.date" content="2025-03-04">', "2025-03-04"),
        (
            '<script type="application/ld+json">{"datePublished": "2025/03/04"}</script>',
            "2025-03-04",
        ),
        ('<meta name="date" content="2025-02-30">', None),
        ('<meta name="date" content="yesterday">', None),
        ("<title>Report of 2025-03-04</title>", None),
    ],
)
def test_only_a_stated_date_is_a_publication_date(head: str, published: str | None) -> None:
    expected = date.fromisoformat(published) if published else None
    assert read("<p>Written on 2024-01-01.</p>", head).published == expected


def test_an_articles_first_time_is_its_date_and_an_events_is_not() -> None:
    assert read("<article><time datetime=2025-03-04>4 March</time>x</article>").published == date(
        2025, 3, 4
    )
    assert read("<p>Open day: <time datetime=2031-01-01>soon</time></p>").published is None


def test_content_without_a_body_tag_is_content() -> None:
    page = "<title>T</title><meta name=x><main><h1>H</h1></main><div>after</div>"
    assert extract_html(page, URL).text == "# H\n"
    assert extract_html("<title>T</title><article>A</article>", URL).text == "A\n"


def test_titles() -> None:
    assert read("<h1>Seen</h1>", "<title>Stated &amp; seen</title>").title == "Stated & seen"
    assert read("<h1>Seen</h1>", "<title>Document</title>").title == "Seen"
    assert read("<p><b>Quarterly report</b></p><p>x</p>").title == "Quarterly report"
    assert read("<p>nothing</p>").title == ""
    filing = (
        "<ix:nonNumeric name='dei:EntityRegistrantName'>Acme Corp</ix:nonNumeric>"
        "<ix:nonNumeric name='dei:DocumentType'>10-Q</ix:nonNumeric>"
        "<ix:nonNumeric name='dei:DocumentPeriodEndDate'>June 30, 2025</ix:nonNumeric>"
    )
    assert read(filing, "<title>acme-20250630</title>").title == "Acme Corp 10-Q, June 30, 2025"


def test_links_are_absolute_web_links_each_once() -> None:
    body = (
        "<a href='b.html#x'>B</a><a href='b.html#y'>again</a><a href='//cdn.example/c'>C</a>"
        "<a href='mailto:x@y.z'>mail</a><a href='javascript:x()'>js</a><a href='http://[bad'>bad</a>"
        "<a>none</a><a href=''>here</a>"
    )
    assert [(link.url, link.text) for link in read(body).links] == [
        ("https://example.com/a/b.html", "B"),
        ("https://cdn.example/c", "C"),
    ]


@pytest.mark.parametrize("page", ["", "   ", "<!-- -->", "\0", "<?xml version='1.0'?>", "<html>"])
def test_pages_with_nothing_give_nothing(page: str) -> None:
    assert extract_html(page, URL).text == ""


@given(st.text(max_size=300))
def test_no_text_breaks_the_extraction(text: str) -> None:
    assert isinstance(extract_html(text, URL).text, str)


@given(
    st.binary(max_size=300), st.sampled_from(["text/html", "text/plain", "application/json", ""])
)
def test_no_bytes_break_the_extraction(data: bytes, kind: str) -> None:
    try:
        extracted = extract(data, kind, URL)
    except InvalidInput:
        return
    assert "\0" not in extracted.text


@pytest.mark.parametrize(
    ("data", "content_type", "expected"),
    [
        ("Umsatz 5 €".encode(), "text/html; charset=utf-8", "Umsatz 5 €"),
        ("Umsatz 5 €".encode("cp1252"), "text/html; charset=windows-1252", "Umsatz 5 €"),
        ("Umsatz 5 €".encode("cp1252"), "text/html; charset=utf-8", "Umsatz 5 €"),
        ("Umsatz 5 €".encode("cp1252"), "text/html; charset=nonsense", "Umsatz 5 €"),
        ("Umsatz 10 €".encode(), "text/html; charset=utf-16", "Umsatz 10 €"),
        ("Umsatz 10 €".encode("utf-16-le"), "text/html; charset=utf-16-le", "Umsatz 10 €"),
        ("\ufeffUmsatz".encode(), "text/html; charset=latin-1", "Umsatz"),
        (
            "<meta charset=shift_jis>売上".encode("shift_jis"),
            "text/html",
            "<meta charset=shift_jis>売上",
        ),
    ],
)
def test_bytes_are_decoded_as_stated_or_as_they_are(
    data: bytes, content_type: str, expected: str
) -> None:
    assert decode(data, content_type) == expected


@pytest.mark.parametrize(
    ("stated", "data", "media_type"),
    [
        ("text/html; charset=utf-8", b"", "text/html"),
        ("", b"<!DOCTYPE html><p>x", "text/html"),
        ("application/octet-stream", b"%PDF-1.7", "application/pdf"),
        ("text/html", b"%PDF-1.7", "application/pdf"),
        ("text/plain", b"plain", "text/plain"),
        ("text/plain", b"<html><p>", "text/html"),
    ],
)
def test_media_types(stated: str, data: bytes, media_type: str) -> None:
    assert media_type_of(stated, data) == media_type


def test_json_and_plain_text_are_kept_as_they_are() -> None:
    assert extract(b'{"eps": 5.10}', "application/json", URL).text == '{"eps": 5.10}'
    assert extract(b"# As is\n\n| a | b |", "text/markdown", URL).text == "# As is\n\n| a | b |"
    with pytest.raises(InvalidInput, match="image/png"):
        extract(b"\x89PNG", "image/png", URL)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>"])
def test_damaged_pdfs_are_invalid_input(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        extract_pdf(data)
