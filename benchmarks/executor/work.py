"""The job that every tool runs: imports torch and works for 0.2 s of CPU time."""

import time
from pathlib import Path


def work(number: int, folder: str, seconds: float = 0.2) -> float:
    """Multiply matrices for so long, and leave a file that says it was done."""
    import torch

    torch.set_num_threads(1)
    matrix = torch.rand(64, 64)
    end = time.process_time() + seconds
    while time.process_time() < end:
        matrix = torch.tanh(matrix @ matrix)
    Path(folder, f"{number}.done").write_text(str(float(matrix.sum())))
    return float(matrix.sum())
