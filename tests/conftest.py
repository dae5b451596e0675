"""What all tests need of their process."""

import os
import signal
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What tests start runs the code of this checkout, too, whatever is installed.
SOURCES = ("workflow", "workflow/executor/submitit", "workflow/executor/jobstep")
os.environ["PYTHONPATH"] = os.pathsep.join(
    [*(str(ROOT / source) for source in SOURCES), os.environ.get("PYTHONPATH", "")]
).rstrip(os.pathsep)

# A shell starts what runs in its background deaf to Ctrl-C, and so would be all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
