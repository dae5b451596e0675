#!/usr/bin/env bash
# Snakemake's own tests with its local executor and with another one: fails where they differ.
#
#   tests/snakemake/run_tests.sh PYTHON submitit-jobstep [pytest options]
#   tests/cluster/slurm_box.sh run tests/snakemake/run_tests.sh PYTHON submitit [pytest options]
#
# The tests are those of the source distribution of the installed Snakemake, which pip downloads.
# Those that need a network, a container, conda or a package that is not installed fail with both.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="$(realpath -s "$(command -v "$1")")"
executor="$2"
shift 2
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

version="$("$python" -c 'import importlib.metadata as m; print(m.version("snakemake"))')"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$folder" "snakemake==$version"
tar -xzf "$folder/snakemake-$version.tar.gz" -C "$folder"
cd "$folder/snakemake-$version"
# The installed one is tested.
rm -r src

PATH="$(dirname "$python"):$PATH"
export PATH PYTHONPATH="$here:${PYTHONPATH:-}"
for one in local "$executor"; do
    echo "== $one"
    EXECUTOR="$one" "$python" -m pytest -p with_executor -o addopts= -q -n 2 --dist load --tb=short \
        -o junit_family=xunit1 --junit-xml="$folder/$one.xml" "$@" tests/tests.py \
        >"$folder/$one.log" 2>&1 || true
    tail -1 "$folder/$one.log"
done
"$python" "$here/compare.py" "$folder/local.xml" "$folder/$executor.xml"
