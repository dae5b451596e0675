"""PDFs through Snakemake: made where they can be, never a failed workflow, refused where asked for in vain."""

import shutil

import pytest
from hyperverdict.report import printer

PDFS = ("report.pdf", "summary.pdf")
AGAIN = ("--forcerun", "report")


def studies(project):
    return project.path / "results/studies/tiny"


def without_printer(folder, error):
    """An environment in which WeasyPrint cannot be imported, as on a cluster without Pango."""
    fake = folder / "missing"
    fake.mkdir()
    (fake / "weasyprint.py").write_text(f"raise {error}('no such library')\n")
    return {"PYTHONPATH": str(fake)}


@pytest.mark.skipif(printer.problem() != "", reason=printer.problem())
def test_they_are_made_and_said_and_made_once(finished):
    assert all((studies(finished) / name).read_bytes().startswith(b"%PDF") for name in PDFS)
    assert "Nothing to be done" in finished.run()
    said = finished.run(*AGAIN)
    assert all(f"results/studies/tiny/{name}" in said for name in PDFS)
    assert "were not made" not in said
    declined = finished.run(*AGAIN, "--config", "pdf=no", "tensorboard=false")
    assert "were not made" not in declined
    assert not any((studies(finished) / name).exists() for name in PDFS), "older ones would lie"
    finished.run("partial_report")
    assert (studies(finished) / "provisional/summary.pdf").exists()


@pytest.mark.parametrize(
    ("error", "remedy"),
    [("OSError", "apt-get install libpango"), ("ImportError", "pip install weasyprint")],
)
def test_where_the_printer_is_missing_all_else_is_made(finished, tmp_path, error, remedy):
    shutil.rmtree(studies(finished))
    missing = without_printer(tmp_path, error)
    said = finished.run(**missing)
    assert said.count("report.pdf and summary.pdf were not made") == 1
    assert remedy in said
    assert (studies(finished) / "report.html").exists()
    assert (studies(finished) / "report.md").exists()
    assert not any((studies(finished) / name).exists() for name in PDFS)
    assert "Nothing to be done" in finished.run(**missing)
    refused = finished.fail(*AGAIN, "--config", "pdf=yes", "tensorboard=false", **missing)
    assert "--config pdf=yes: no PDF can be made" in refused
    assert remedy in refused
    assert "Traceback" not in refused
    declined = finished.run(*AGAIN, "--config", "pdf=no", "tensorboard=false", **missing)
    assert "were not made" not in declined
