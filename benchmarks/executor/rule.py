"""The rule's script."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from work import work

work(int(snakemake.wildcards.number), "done")  # noqa: F821
