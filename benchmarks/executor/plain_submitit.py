"""One function a task, as submitit's documentation shows."""

import sys
import time
from pathlib import Path

import submitit

sys.path.insert(0, str(Path(__file__).parent))

from work import work

if __name__ == "__main__":
    jobs = int(sys.argv[1])
    executor = submitit.AutoExecutor(folder="submitit_logs")
    executor.update_parameters(timeout_min=10, cpus_per_task=1, mem_gb=1.6, slurm_partition="gpu")
    submitted = executor.map_array(work, range(jobs), ["done"] * jobs)
    # As its documentation shows; asking each job would cost an sacct call.
    while not all(job.paths.result_pickle.exists() for job in submitted):
        time.sleep(0.2)
    for job in submitted:
        job.result()
