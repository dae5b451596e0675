"""Primary claims on the same seeds are judged by max-t, where all that it needs is there."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.report.methods import methods_paragraph
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.judge import judge_study

from tests.unit.verdicts.synthetic import run_all, study_from

STUDY = """
study: family
data: digits
seeds: {seeds}
hypotheses:
"""
MEMBER = """
  H{depth}: {{says: s, compare: {{depth: {{from: 2, to: {depth}}}}}, expect: {{accuracy: higher}},
    primary: true{more}}}
"""


def _score(configuration, seed):
    """All deeper networks share what a seed does, so their contrasts are alike."""
    depth = len(configuration["hidden_units"])
    shared = 0.01 * float(np.random.default_rng(seed).normal()) if depth > 2 else 0.0
    own = 0.002 * float(np.random.default_rng([seed, depth]).normal())
    return round(0.7 + 0.004 * (depth > 2) + shared + own, 6)


def _report(folder, seeds=20, more=("", "", "", ""), score=_score):
    text = STUDY.format(seeds=seeds)
    text += "".join(
        MEMBER.format(depth=depth, more=extra) for depth, extra in enumerate(more, start=3)
    )
    study = study_from(text, folder)
    tables = run_all(study, folder / "runs", score)
    return study, judge_study(study, tables.final, tables.curves)


def _verdicts(report):
    return [verdict for h in report.hypotheses for verdict in h.verdicts]


def test_a_family_on_shared_seeds_is_judged_by_max_t(tmp_path):
    study, report = _report(tmp_path)
    verdicts = _verdicts(report)
    assert {v.correction for v in verdicts} == {"max-t"}
    effects = [v.judgement.effects[0] for v in verdicts]
    assert len({e.alpha for e in effects}) == 1
    assert 1.35 * 0.05 / 4 <= effects[0].alpha <= 0.05
    assert effects[0].one_sided_alpha == pytest.approx(max(0.05 / 4, effects[0].alpha / 2))
    assert all(v.uncorrected is not None for v in verdicts)
    assert from_json(to_json(report)) == report
    assert "max-t" in methods_paragraph(study, report, {})


@pytest.mark.parametrize(
    ("seeds", "more"),
    [(8, ("", "", "", "")), (20, ("", "", "", ", seeds: 12")), (20, ("",))],
    ids=["few seeds", "other seeds", "a family of one"],
)
def test_otherwise_bonferroni_stays(tmp_path, seeds, more):
    study, report = _report(tmp_path, seeds, more)
    verdicts = _verdicts(report)
    assert {v.correction for v in verdicts} == {"Bonferroni"}
    assert verdicts[0].judgement.effects[0].alpha == pytest.approx(0.05 / len(more))
    assert "max-t" not in methods_paragraph(study, report, {})


def test_independent_claims_keep_bonferroni(tmp_path):
    def apart(configuration, seed):
        depth = len(configuration["hidden_units"])
        random = np.random.default_rng([seed, depth, 5])
        return round(0.7 + (0.01 * float(random.normal()) if depth > 2 else 0.0), 6)

    _, report = _report(tmp_path, score=apart)
    assert {v.correction for v in _verdicts(report)} == {"Bonferroni"}


def test_a_failed_run_keeps_bonferroni(tmp_path):
    study, _ = _report(tmp_path)
    tables = run_all(study, tmp_path / "runs", _score)
    final = tables.final
    one = (final["seed"] == 3) & (final["path"] == final["path"].unique()[1])
    failed = final.assign(
        failed=final["failed"] | one, status=final["status"].mask(one, "diverged")
    )
    report = judge_study(study, failed, tables.curves)
    assert {v.correction for v in _verdicts(report)} == {"Bonferroni"}
