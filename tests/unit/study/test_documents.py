"""What the documents say of keys, hyperparameters and studies is what the code does."""

import json
from pathlib import Path

import pytest
from hyperverdict.claims import TYPES
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.study.structure import study_schema
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS
from hyperverdict.vocabulary.vocabulary import OURS
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
README = (ROOT / "config/README.md").read_text()
CLAIMS = (ROOT / "docs/claims.md").read_text()
STUDIES = [ROOT / "config/config.yaml", *sorted((ROOT / "config/studies").glob("*.yaml"))]


def test_the_schema_for_editors_is_the_schema_that_is_checked():
    """Write it again with `hyperverdict schema > workflow/schemas/study.schema.json`."""
    text = (ROOT / "workflow/schemas/study.schema.json").read_text()
    assert json.loads(text) == study_schema()
    Draft202012Validator.check_schema(study_schema())


@pytest.mark.parametrize("name", [n for n in HYPERPARAMETERS if n != "data"])
def test_every_hyperparameter_is_in_the_readme_with_its_default(name):
    h = HYPERPARAMETERS[name]
    default = OURS.show(name, h.default)
    row = f"| `{name}` | {h.description} | {h.unit or '–'} | {h.allowed} | `{default}` |"
    assert row in README, f"config/README.md lacks the row\n{row}"


@pytest.mark.parametrize("part", ["study", "hypothesis", "exploration"])
def test_every_key_is_in_the_readme(part):
    schema = study_schema()
    properties = schema["properties"] if part == "study" else schema["$defs"][part]["properties"]
    claim_keys = {key for kind in TYPES for key in kind.schema}
    for key in properties.keys() - claim_keys:
        assert f"| `{key}` |" in README, f"config/README.md does not explain {key}"


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.kind)
def test_every_claim_type_and_its_keys_are_documented(kind):
    assert f"## {kind.kind.capitalize().replace('_', ' ')}" in CLAIMS
    for key in kind.keys:
        assert f"{key}:" in CLAIMS, f"docs/claims.md does not show {key}"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_shipped_studies_are_valid(path):
    study = load_study(path)
    assert study.hypotheses
    assert all(len(h.seeds) >= 10 for h in study.hypotheses)


def test_the_small_study_covers_every_type():
    study = load_study(ROOT / "config/studies/reflection_small.yaml")
    assert len({h.claim.kind for h in study.hypotheses}) == 10
    assert {h.claim.kind for h in study.hypotheses} <= {kind.kind for kind in TYPES}


def test_the_errors_in_the_readme_are_those_of_the_first_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = README.partition("```yaml\n")[2].partition("```")[0]
    wrong = first.replace("data: digits", "data: digit").replace("says:", "sayz:")
    Path("first.yaml").write_text(wrong)
    with pytest.raises(UserError) as caught:
        load_study("first.yaml")
    shown = [f"    {line}" for line in f"hyperverdict: {caught.value}".splitlines()]
    assert "\n".join(shown) in README
