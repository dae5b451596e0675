"""The job as Ray Tune trials."""

import os
import sys
from pathlib import Path

from ray import init, tune

HERE = str(Path(__file__).parent)


def trial(config: dict) -> dict:
    sys.path.insert(0, HERE)
    from work import work

    return {"sum": work(config["number"], config["folder"])}


if __name__ == "__main__":
    jobs = int(sys.argv[1])
    init(num_cpus=os.cpu_count(), include_dashboard=False, log_to_driver=False)
    space = {"number": tune.grid_search(list(range(jobs))), "folder": os.path.abspath("done")}
    tune.Tuner(trial, param_space=space).fit()
