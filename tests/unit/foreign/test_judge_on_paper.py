"""`hyperverdict judge` prints its report where it can, and says what to install where it cannot."""

import pytest
from hyperverdict.cli import main
from hyperverdict.report import printer

PDFS = ("report.pdf", "summary.pdf")
MISSING = "WeasyPrint finds no Pango; install it"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{bits},{seed},{0.7 + 0.001 * seed + 0.03 * (bits == 8)}"
        for bits in (4, 8)
        for seed in range(6)
    ]
    (tmp_path / "runs.csv").write_text("\n".join(["bits,seed,accuracy", *rows]) + "\n")
    (tmp_path / "study.yaml").write_text(
        "study: printed\nhypotheses:\n  H: {says: More bits help., "
        "compare: {bits: {from: 4, to: 8}}, expect: {accuracy: higher}}\n"
    )
    return tmp_path


def judge(*options):
    return main(["judge", "runs.csv", "study.yaml", "--out", "out", *options])


def made(place):
    return [name for name in PDFS if (place / "out" / name).exists()]


@pytest.mark.skipif(printer.problem() != "", reason=printer.problem())
def test_pdfs_are_made_and_older_ones_do_not_outlive_their_verdicts(place):
    assert judge() == 0
    assert made(place) == list(PDFS)
    assert judge("--no-pdf") == 0
    assert made(place) == []


def test_without_a_printer_all_else_is_made(place, capsys, monkeypatch):
    monkeypatch.setattr("hyperverdict.elsewhere.problem", lambda: MISSING)
    assert judge() == 0
    assert f"report.pdf and summary.pdf were not made: {MISSING}" in capsys.readouterr().out
    assert (place / "out/report.html").exists()
    assert made(place) == []
    assert judge("--no-pdf") == 0
    assert "were not made" not in capsys.readouterr().out


def test_asked_for_in_vain_nothing_is_written(place, capsys, monkeypatch):
    monkeypatch.setattr("hyperverdict.elsewhere.problem", lambda: MISSING)
    assert judge("--pdf") == 1
    assert f"no PDF can be made: {MISSING}" in capsys.readouterr().err
    assert not (place / "out").exists()
