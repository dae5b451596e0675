#!/usr/bin/env bash
# Snakemake runs this in the new environment, from the workflow's folder: installs the package itself.
set -euo pipefail
python -m pip install --no-deps --disable-pip-version-check .
