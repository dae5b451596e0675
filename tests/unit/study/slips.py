"""A sound study, and what is said when one text in it is replaced."""

from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study

STUDY = """\
study: s
data: digits
baseline: {width: 64, depth: 2, budget: 300 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  H1:
    says: Big batches are worse.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {accuracy: lower}
    at_equal: [300 steps]
"""
COMPARE = "compare: {batch_size: {from: 4, to: 128}}"


def said(tmp_path, old, new):
    """The message for the study with one text replaced, without the file's name; "" for none."""
    assert STUDY.count(old) == 1, old
    file = tmp_path / "study.yaml"
    text = STUDY.replace(old, new)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        load_study(file)
    except UserError as error:
        return str(error).removeprefix(str(file)).removeprefix(", ")
    return ""
