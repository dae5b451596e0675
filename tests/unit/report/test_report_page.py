"""The page: self-contained, escaped, complete, accessible."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hyperverdict import figures
from hyperverdict.report import glossary, html, page
from hyperverdict.verdicts.next_step import next_step
from hyperverdict.vocabulary.metrics import RECORDED

from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()
PROVENANCE = {
    "commit": "abc <dirty>",
    "configuration": "study: sample\nseeds: 10\n",
    "versions": {"python": "3.11", "torch": "2.9"},
    "hardware": [{"cpu": "Some CPU", "threads": 1}],
    "wall_seconds": 12.5,
}


class Page(HTMLParser):
    """Tags with attributes, the stack of open tags, and the text."""

    void = frozenset({"meta", "link", "img", "br", "hr", "input"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words, self.faults = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def with_history():
    """The whole study's report with what a ledger and further checks would add."""
    first, *others = REPORT.hypotheses
    first = replace(
        first, says="High batch: <better> & faster", opposing=("H4 claims the opposite.",)
    )
    return replace(
        REPORT, hypotheses=(first, *others), history=("Look 1: H5 was inconclusive at 10 seeds.",)
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    figures.draw_all(REPORT, STUDY, TABLES, folder / "figures")
    out = html.write_report(
        STUDY, with_history(), folder / "figures", PROVENANCE, folder / "report.html"
    )
    return out.read_text()


def test_the_page_is_well_formed(written):
    parsed = Page(written)
    assert parsed.faults == []
    assert parsed.open == []
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    targets = {a["href"][1:] for a in parsed.all("a") + parsed.all("use") if a["href"][0] == "#"}
    assert targets <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", written)) <= set(ids)


def test_the_page_needs_nothing_else(written):
    parsed = Page(written)
    assert not [attrs for attrs in parsed.all("script") if attrs]
    assert not parsed.all("link")
    assert not parsed.all("img")
    own = (a["href"] for a in parsed.all("a") if not a["href"].startswith("#"))
    assert all(re.fullmatch(r"figures/[\w.]+\.(svg|csv)", href) for href in own)
    assert "url(" not in re.sub(r"url\(#", "", written)
    assert not re.search(r"data:\w+/", written)
    assert "@import" not in written


def test_user_text_is_escaped(written):
    assert "<better>" not in written
    assert "&lt;better&gt; &amp; faster" in written
    assert "abc &lt;dirty&gt;" in written


def test_the_first_screen_comes_first(written):
    text = Page(written).text
    order = [
        "Batch size: the answer depends on what you hold equal.",
        "H1 High batch: <better> & faster",
        "300 steps",
        "✗ refuted",
        "38,400 samples",
        "5 seconds",
        "✓ supported",
        "Main caveat:",
        "Next:",
        "10 seeds (0 to 9); Fashion-MNIST, scored once on its test set",
        "H4 claims the opposite",
        "Your single runs: test accuracy 51% and 78%",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_each_hypothesis_has_its_sections(written):
    heads = re.findall(r"<h3>(.*?)</h3>", written)
    for part in ("Hypothesis", "Experiment", "Findings", "Conclusion"):
        assert heads.count(part) == 3
    assert heads.index("Hypothesis") < heads.index("Findings") < heads.index("Conclusion")
    assert Page(written).text.count("What was seen before") == 2


def test_earlier_findings_stand_beside_ours(written):
    view = page.hypothesis_view(REPORT.hypotheses[0], STUDY)
    assert view.beside.columns[1:3] == ("seen before", "here, 300 steps")
    assert view.beside.rows[0][:2] == ("test accuracy, batch size 4", "51%")
    assert re.fullmatch(r"70\.\d+% ± 0\.\d+", view.beside.rows[0][2])
    assert '<td data-label="seen before">51%</td>' in written


def test_pictures_have_texts_with_numbers(written):
    texts = [a["aria-label"] for a in Page(written).all("svg") if a.get("role") == "img"]
    assert len(texts) > sum(len(file.panels) for file in figures.expected(STUDY))
    assert sum("points" in text for text in texts) >= 3
    assert "The figure " not in Page(written).text


def test_tables_have_scoped_headers(written):
    headers = Page(written).all("th")
    assert headers
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for attrs in headers)


def test_the_page_prints_on_a4_and_fits_a_phone(written):
    assert "size: A4" in written
    assert "counter(page)" in written
    assert "break-inside: avoid" in written
    assert 'name="viewport"' in written


def test_provenance_methods_and_latex_are_there(written):
    text = Page(written).text
    assert "Some CPU" in text
    assert "study: sample" in text
    assert "Software: python 3.11 and torch 2.9." in text
    assert r"\begin{tabular}" in text
    assert "Look 1: H5 was inconclusive at 10 seeds." in text


def test_provisional_reports_say_so_before_anything_else():
    missing = html.render(STUDY, replace(REPORT, provisional="2 of 80 runs are missing."), None, {})
    text = Page(missing).text
    assert text.find("Provisional: 2 of 80 runs are missing.") < text.find("Batch size:")
    assert "Provisional" not in Page(html.render(STUDY, REPORT, None, {})).text


def test_a_figure_that_could_not_be_drawn_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("hyperverdict.figures.cost.draw", lambda *_: 1 / 0)
    figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    text = Page(html.render(STUDY, REPORT, tmp_path, {})).text
    assert "The figure H1.cost could not be drawn. This part could not be written: Zero" in text


def test_files_are_linked_where_they_stand_beside_the_page(written, tmp_path):
    hrefs = [attrs["href"] for attrs in Page(written).all("a")]
    assert {"figures/H1.effect.data.svg", "figures/H1.effect.csv"} <= set(hrefs)
    assert "H1.effect.data.svg" not in html.render(STUDY, REPORT, tmp_path, {})


def test_a_study_of_heatmaps_only(tmp_path):
    empty = replace(REPORT, hypotheses=())
    grid = replace(STUDY, hypotheses=())
    figures.draw_all(empty, grid, TABLES, tmp_path)
    page = html.render(grid, empty, tmp_path, {})
    text = Page(page).text
    assert "this study claims nothing" in text
    assert "Heatmap. Test accuracy over width and depth at 300 steps: " in page


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_type_and_verdict_has_a_page(kind, evidence):
    study, report = samples.judged(kind, evidence)
    parsed = Page(html.render(study, report, None, {}))
    assert parsed.faults == []
    assert report.hypotheses[0].headline in parsed.text


def test_terms_are_linked_at_their_first_use_to_a_glossary(written):
    parsed = Page(written)
    links = [a["href"] for a in parsed.all("a") if a.get("class") == "term"]
    assert len(set(links)) == len(links)
    for term in ("seed", "interval", "refuted", "supported", "null-hypothesis"):
        assert f"#term-{term}" in links
    glossary = written.split('<h2 id="glossary">')[1]
    assert glossary.count("<dt id=") == len(links)


def test_the_terms_of_the_page_are_those_of_the_documentation():
    docs = (Path(__file__).parents[3] / "docs/glossary.md").read_text()
    for term in glossary.TERMS:
        assert f'<a id="{term.anchor.removeprefix("term-")}">' in docs, term.name


def test_post_hoc_is_on_the_first_screen_and_in_its_section():
    first, *others = REPORT.hypotheses
    report = replace(REPORT, hypotheses=(samples.late(first), *others))
    text = Page(html.render(STUDY, report, None, {})).text
    screens = text.split(first.claim)
    for screen in screens[:2]:
        assert re.search("Post hoc ?: the size that matters was edited after results", screen)
    assert text.find("Post hoc") < text.find("Main caveat")


def test_checks_are_shown_by_their_titles_and_remedies(written):
    text = Page(written).text
    for check in REPORT.hypotheses[0].verdicts[0].fired:
        assert check.title in text
        assert f'href="#check-{check.id}"' in written
        assert check.id not in text
    assert "Section" not in text
    assert not re.search(r"\bcheck \d", text)


def test_the_page_gives_one_next_step_for_each_verdict(written):
    report = with_history()
    steps = [next_step(v).sentence for h in report.hypotheses for v in h.verdicts]
    parsed = Page(written)
    assert parsed.text.count("Next:") == len(steps) + 1


def test_a_hypothesis_that_could_not_be_judged_costs_nothing_else():
    first, *others = REPORT.hypotheses
    failed = replace(
        first, verdicts=(), conclusions=(), headline="not judged",
        failed_because="TypeError: unhashable type: 'list'",
    )  # fmt: skip
    report = replace(REPORT, hypotheses=(failed, *others))
    text = Page(html.render(STUDY, report, None, {})).text
    assert "! not judged" in text
    assert "TypeError: unhashable type: 'list'" in text
    assert "Width: the claim holds" in text.replace(" :", ":")


def test_a_claim_about_the_training_length_holds_no_length_equal():
    study, report, _ = samples.judge_terms(
        {"compare": {"budget": {"from": "17 steps", "to": "85 steps"}}},
        lambda arm, seed: 0.7 + arm.configuration.budget.amount / 1000 + seed / 10_000,
    )
    text = Page(html.render(study, report, None, {})).text
    assert "training length varies (17 steps and 85 steps)" in text
    assert "In H1 the training length is what the claim varies: 17 steps and 85 steps." in text
    assert "300 steps" not in text.split("Provenance")[0].replace("budget 300 steps", "")


def test_text_colours_have_the_contrast_of_wcag_aa(written):
    light, dark = written.split("prefers-color-scheme: dark", 1)
    for sheet in (light, dark):
        colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", sheet))
        verdicts = ("supported", "refuted", "negligible", "inconclusive", "depends")
        pairs = [(name, "paper") for name in (*verdicts, "ink", "soft", "link")]
        pairs += [("ink", "card")]
        for fore, back in pairs:
            assert contrast(colors[fore], colors[back]) >= 4.5, (fore, back)


def contrast(first, second):
    """WCAG 2.1's contrast ratio of two colours."""
    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("metric", "mean", "sd", "text"),
    [
        ("accuracy", 0.943, 0.0153, "94.3% ± 1.5"),
        ("accuracy", 0.7812, 0.00061, "78.120% ± 0.061"),
        ("accuracy", 0.5, 0.094, "50.0% ± 9.4"),
        ("loss", 1.80213, 0.069, "1.802 ± 0.069"),
        ("train_time", 9.731, 6.21, "9.7 s ± 6.2"),
        ("accuracy", 0.5, float("nan"), "50.0%"),
        ("accuracy", 0.5, 0.0, "50.0%"),
    ],
)
def test_means_and_deviations_share_their_digits(metric, mean, sd, text):
    arm = replace(REPORT.hypotheses[0].verdicts[0].arms[0], means={metric: mean}, sds={metric: sd})
    assert page.mean_text(arm, RECORDED[metric]) == text


def test_what_a_table_from_elsewhere_does_not_say_is_not_shown():
    study, report = samples.judged("comparison", "supported")
    hypothesis = report.hypotheses[0]
    [verdict] = hypothesis.verdicts
    ours = page.hypothesis_view(hypothesis, study)
    assert {"train steps", "parameters"} <= set(ours.arms.columns)
    assert ours.paths
    arms = tuple(
        replace(arm, path=f"H/{number}", is_ours=False, steps=0, parameters=0, samples=number * 10)
        for number, arm in enumerate(verdict.arms)
    )
    elsewhere = replace(hypothesis, verdicts=(replace(verdict, arms=arms),))
    shown = page.hypothesis_view(elsewhere, study)
    assert not {"train steps", "parameters"} & set(shown.arms.columns)
    column = shown.arms.columns.index("images seen")
    assert [row[column] for row in shown.arms.rows] == ["–", "10"]
    assert (shown.paths, shown.seeds) == ((), "")


def test_of_many_hypotheses_only_the_effects_are_shown_and_the_rest_linked(tmp_path, monkeypatch):
    drawn = tmp_path / "figures"
    figures.draw_all(REPORT, STUDY, TABLES, drawn)

    def written():
        page_of = html.write_report(STUDY, REPORT, drawn, PROVENANCE, tmp_path / "report.html")
        return page_of.read_text()

    whole = written()
    monkeypatch.setattr(page, "MOST_WITH_ALL_FIGURES", 0)
    short = written()
    assert whole.count("<svg") > short.count("<svg") > len(REPORT.hypotheses)
    for name in ("H1.curves.steps.svg", "H1.curves.csv"):
        assert f'href="figures/{name}"' in short
    assert short.count("this figure is a file") > len(REPORT.hypotheses)
    assert "this figure is a file" not in whole
    assert "H1.effect.data.svg" in short
    monkeypatch.setattr(page, "MOST_WITH_EFFECTS", 0)
    shortest = written()
    files = {path.name for path in drawn.iterdir() if path.name.startswith("H1.effect.")}
    assert files
    assert all(f'href="figures/{name}"' in shortest for name in files)
    assert shortest.count("<svg") < short.count("<svg")
