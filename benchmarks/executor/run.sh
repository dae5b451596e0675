#!/usr/bin/env bash
# The benchmark on a cluster of its own: benchmarks/executor/run.sh PYTHON [options of bench.py].
# Needs root and the cpuacct control group, in which the cluster and its jobs are counted.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="$1"
shift
group=/sys/fs/cgroup/cpuacct/executor-benchmark
mkdir -p "$group"
trap 'rmdir "$group" 2>/dev/null || true' EXIT
# Without memory groups: they come with a namespace in which the benchmark could not find its own group.
export SLURM_BOX_MEMORY=sampling
bash -c 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"' - "$group" \
    bash "$here/../../tests/cluster/slurm_box.sh" run "$python" "$here/bench.py" "$@"
