"""Captured markup keeps its words and loses whatever acts."""

from __future__ import annotations

import re

import pytest

from archiver.web.captured import addresses, followable, language, shown

ALLOWED = re.compile(
    r"</?(p|br|b|strong|i|em|u|s|sub|sup|small|mark|q|cite|abbr|blockquote|ul|ol|li|dl|dt|dd|pre|"
    r"code|table|caption|thead|tbody|tfoot|tr|th|td|figure|figcaption|hr|div|span)"
    r"( (class=heading|colspan=\"\d+\"|rowspan=\"\d+\"))*>"
)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src=x onerror=alert(1)>",
        "<img src='https://thief.example/pixel'>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href='https://thief.example'>x</a>",
        "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data='x'></object><embed src='x'><base href='https://thief.example'>",
        "<form action='https://thief.example'><input name=password></form>",
        "<p style='position:fixed' class='notice bad' id='main' onclick='x()'>x</p>",
        "<meta http-equiv=refresh content='0;https://thief.example'>",
        "<link rel=stylesheet href='https://thief.example/x.css'><style>*{display:none}</style>",
        "<h2 onclick=alert(1)>x</h2>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<textarea></textarea><script>alert(1)</script>",
        "<!--><script>alert(1)</script>-->",
        "<template><script>alert(1)</script></template>",
        "<video src='https://thief.example/x' onerror=alert(1)><source src=x></video>",
        "</div></section></main><h1>We moved</h1>",
        "&lt;h2&gt;<h2>x</h2>&lt;/h2&gt;",
        "<plaintext>",
    ],
)
def test_only_plain_structure_is_left(hostile: str) -> None:
    clean = str(shown(f"<p>before</p>{hostile}"))
    assert "before" in clean
    tags = re.findall(r"<[^>]*>", clean)
    assert [each for each in tags if not ALLOWED.fullmatch(each)] == []
    opened = [each for each in tags if not each.startswith("</") and each not in ("<br>", "<hr>")]
    assert len(opened) == len([each for each in tags if each.startswith("</")])


def test_words_lists_and_tables_stay() -> None:
    html = "<h2>News</h2><ul><li>Main</li></ul><table><tr><td colspan=2>x</td></tr></table>"
    clean = str(shown(html))
    assert "<div class=heading>News</div>" in clean
    assert "<li>Main</li>" in clean
    assert '<td colspan="2">x</td>' in clean


def test_addresses_are_listed_once_in_their_order() -> None:
    html = "<a href=' https://b.example '>b</a><img src=a.png><a href='https://b.example'>b</a>"
    assert addresses(html) == ["https://b.example", "a.png"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [("en", "en"), ("es-MX", "es"), ("pt_BR", "pt"), ("und", ""), ("zxx", ""), ("qq", ""), ("", ""),
     ('en" onload="x', ""), ("../en", "")],
)  # fmt: skip
def test_a_page_states_only_languages_that_there_are(code: str, expected: str) -> None:
    assert language(code) == expected


@pytest.mark.parametrize(
    ("address", "may"),
    [("https://x.com/1", True), ("http://x.example", True), ("javascript:alert(1)", False),
     ("data:text/html,x", False), ("//x.example", False), ("", False)],
)  # fmt: skip
def test_only_web_addresses_are_followed(address: str, may: bool) -> None:
    assert followable(address) is may
