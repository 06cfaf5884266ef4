"""The paper: rendered, read back, and never wider or longer than a committee reads."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pyarrow as pa
import pypdfium2
import pytest
import typst
from portfolio import portfolio

from tradeline.engine import tables as forms
from tradeline.files import charts, pack_pdf, pack_story, pack_words
from tradeline.files.pack_input import PackInput
from tradeline.files.pack_pdf import write_pdf


def _paper(folder, given):
    write_pdf(folder / "pack.pdf", PackInput(**given))
    return pypdfium2.PdfDocument(folder / "pack.pdf")


def _texts(paper) -> list[str]:
    return [page.get_textpage().get_text_range() for page in paper]


def _named(tables, names):
    """Return the tables with the first accounts renamed; they are the worst."""
    at = forms.ACCOUNTS.get_field_index("customer_name")
    column = names + tables.accounts["customer_name"].to_pylist()[len(names) :]
    accounts = tables.accounts.set_column(at, "customer_name", pa.array(column, pa.string()))
    return dataclasses.replace(tables, accounts=accounts)


def _plain(n, **options):
    """Return accounts whose names need no letters beyond typst's own fonts."""
    tables = portfolio(n, **options)
    return _named(tables, [f"Plain {at} Ltd" for at in range(tables.accounts.num_rows)])


def _dark_share(page) -> float:
    pixels = page.render(scale=0.5, grayscale=True).to_numpy()
    body = pixels[int(pixels.shape[0] * 0.08) : int(pixels.shape[0] * 0.92)]
    return float((body < 200).mean())


def test_pages_are_few_and_none_is_blank(tmp_path, given):
    """Two to ten pages, each with something between header and footer."""
    paper = _paper(tmp_path, given)
    assert 2 <= len(paper) <= 10
    assert all(_dark_share(page) > 0.002 for page in paper)


def test_identity_is_on_every_page(tmp_path, given):
    """The run, the as-of date and the page's number stand on each page."""
    texts = _texts(_paper(tmp_path, given))
    for number, text in enumerate(texts, 1):
        assert given["identity"].run_id in text.replace("\r\n", "")
        assert "as of 31 March 2026" in text
        assert f"Page {number} of {len(texts)}" in text


def test_signatures(tmp_path, given):
    """Three people sign on the last pages."""
    text = "".join(_texts(_paper(tmp_path, given)))
    for role in ("Credit analyst", "Credit manager", "Controller", "Signature", "Rejected"):
        assert role in text


def test_document_properties(tmp_path, given):
    """Title and dates come from the review; the file is tagged for screen readers."""
    paper = _paper(tmp_path, given)
    facts = paper.get_metadata_dict()
    assert facts["Title"] == "Credit review as of 31 March 2026"
    assert facts["CreationDate"].startswith("D:20260331")
    assert paper.is_tagged()


def test_text_is_never_markup(tmp_path, pack_arguments):
    """Names that mean something to typst are printed letter by letter."""
    names = ["#panic()", "*bold* $x$ [a]", "= Heading", "@ref <label>", '"; #eval("1")', "// gone"]
    tables = _named(_plain(60, seed=5, status="assessed"), names)
    text = "".join(_texts(_paper(tmp_path, pack_arguments(tables, "USD"))))
    for name in names:
        assert name in text


def test_every_chart_has_a_table_and_words(given):
    """Each picture comes with rows of figures and a text that says them."""
    paper = pack_story.story(PackInput(**given))
    assert [c["title"] for c in paper["charts"]] == [
        "Risk bands", "Age of the debt", "Use of limits", "Concentration",
    ]  # fmt: skip
    for chart in paper["charts"]:
        assert chart["rows"]
        assert chart["alt"].startswith("Bar chart. ")


def test_codes_become_words():
    """Codes read as a person writes them; acronyms stay."""
    assert pack_words.plain("CUT_TO_ZERO") == "Cut to zero"
    assert pack_words.plain("GSTIN_UNVERIFIED") == "GSTIN unverified"
    assert pack_words.listed("CREDIT_HOLD;ESCALATE") == "Credit hold, Escalate"
    assert pack_words.plain(None) is pack_words.listed("") is None


def test_charts_draw_their_figures():
    """The picture holds each bar's name and figure, and nothing is fetched."""
    drawn = charts.bars("T", [charts.Bar("Low & <b>", 3.0, "3 of 4", "#2c7a4b")])
    assert "Low &amp; &lt;b&gt;" in drawn
    assert "3 of 4" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    for entries in ([], [charts.Bar("none", 0.0, "0", "#000000")]):
        ET.fromstring(charts.bars('"T" & <u>', entries))


def test_worst_accounts_have_reasons(given):
    """The accounts to discuss are the review's first, with what is wrong with them."""
    paper = pack_story.story(PackInput(**given))
    assert 0 < len(paper["worst"]) <= pack_story.WORST_MAX
    assert {account["band"] for account in paper["worst"]} <= {"Critical", "High"}
    assert any("days late" in account["reasons"] for account in paper["worst"])


@pytest.mark.parametrize(
    "tables",
    [portfolio(0), _plain(1), _plain(5, status="quarantined"), _plain(3, status="not_assessed")],
    ids=["none", "one", "all quarantined", "none assessed"],
)  # fmt: skip
def test_small_portfolios(tmp_path, pack_arguments, tables):
    """A paper comes out, of at least two pages, whatever there is to say."""
    paper = _paper(tmp_path, pack_arguments(tables, "USD"))
    assert 2 <= len(paper) <= 10
    assert all(_dark_share(page) > 0.001 for page in paper)


def test_long_texts_stay_within_ten_pages(tmp_path, pack_arguments):
    """A wordy policy, many inputs and long comments do not make a book of it."""
    tables = _plain(400, currency="KWD", seed=2, status="assessed")
    given = pack_arguments(tables, "KWD")
    given["policy_words"] = [
        (f"Chapter {n}", ["A sentence of the policy. " * 8] * 6) for n in range(40)
    ]
    given["inputs"] = [(f"file_{n}.csv", "ab" * 32) for n in range(40)]
    texts = _texts(_paper(tmp_path, given))
    assert len(texts) <= 10
    assert "the workbook has all of them" in "".join(texts)


def test_own_fonts_where_they_suffice(given, monkeypatch, tmp_path):
    """Latin, Greek, Cyrillic and the rupee sign need no font of the machine."""
    seen = _watch(monkeypatch)
    tables = _named(_plain(5, status="assessed"), ["₹ Žižkov Ωmega Север Øre Ltd"])
    _paper(tmp_path, given | {"tables": tables, "policy_words": []})
    assert seen == [True]


def test_other_letters_ask_the_machine_and_never_fail(given, monkeypatch, tmp_path):
    """A name in Devanagari or in no known script still gives a paper."""
    seen = _watch(monkeypatch)
    tables = _named(_plain(5, status="assessed"), ["भारत स्टील", "\U0001d100\U00013000"])
    assert len(_paper(tmp_path, given | {"tables": tables})) >= 2
    assert seen[:2] == [True, False]


def _watch(monkeypatch) -> list[bool]:
    seen: list[bool] = []
    compile_ = typst.compile

    def watched(*args, **kwargs):
        seen.append(kwargs["ignore_system_fonts"])
        return compile_(*args, **kwargs)

    monkeypatch.setattr(typst, "compile", watched)
    return seen


def test_other_faults_are_not_hidden(given, monkeypatch, tmp_path):
    """A broken template is reported, not papered over."""
    broken = tmp_path / "broken.typ"
    broken.write_text("#nothing-here")
    monkeypatch.setattr(pack_pdf, "TEMPLATE", broken)
    with pytest.raises(typst.TypstError):
        _paper(tmp_path, given)


def test_render_is_not_clipped(tmp_path, given):
    """Nothing runs into the side margins of a page."""
    for page in _paper(tmp_path, given):
        pixels = page.render(scale=1, grayscale=True).to_numpy()
        edge = int(pixels.shape[1] * 0.06)
        assert np.all(pixels[:, :edge] > 240)
        assert np.all(pixels[:, -edge:] > 240)
