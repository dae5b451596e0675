"""What the rest of this workflow does with a verdict: here, one line of text."""

import json
from pathlib import Path

[hypothesis] = json.loads(Path(snakemake.input.verdicts).read_text())["hypotheses"]
use = "wide" if hypothesis["headline"] == "supported" else "narrow"
line = f"{hypothesis['id']}: {hypothesis['headline']}, so the {use} network is used\n"
Path(snakemake.output[0]).write_text(line)
