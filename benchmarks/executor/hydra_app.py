"""The job as a Hydra application; the launcher is chosen on the command line."""

import os
import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

sys.path.insert(0, str(Path(__file__).parent))

from work import work


@hydra.main(version_base=None, config_path=None, config_name=None)
def app(config: DictConfig) -> None:
    work(int(config.number), os.path.join(hydra.utils.get_original_cwd(), "done"))


if __name__ == "__main__":
    app()
