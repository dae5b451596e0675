"""What `hyperverdict new` prints: what was found, what is left, and what to do next."""

from __future__ import annotations

from hyperverdict.draft.model import Draft
from hyperverdict.draft.new import Written
from hyperverdict.words.commands import snakemake


def summary(written: Written) -> str:
    """The lines for the terminal."""
    lines = [f"{written.file} is written for {written.draft.source}", *_found(written.draft)]
    if written.open:
        lines.append("What only you can say:")
        lines += [f"  line {number}: {text}" for number, text in written.open]
    if written.refused:
        lines += ["It cannot run yet:", *(f"  {line}" for line in written.refused.splitlines())]
        lines.append(f"Then: hyperverdict check {written.file}")
    else:
        lines.append(f"Then: {snakemake(written.file)} -n")
    return "\n".join(lines)


def _found(draft: Draft) -> list[str]:
    names = [row.name for row in draft.declared]
    length = f"{draft.length:g} {draft.unit}" if draft.length is not None else draft.unit
    pairs = {
        "hyperparameters": ", ".join(names) or "none",
        "metrics": ", ".join(f"{s.metric} ({s.reported})" for s in draft.scores) or "none",
        "training length": length or "not told",
        "code": ", ".join(draft.code) or ("that of the function" if draft.call else "none"),
        "data": ", ".join(draft.data) or "none named",
    }
    return [f"  {name}: {text}" for name, text in pairs.items()]
