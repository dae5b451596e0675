#!/usr/bin/env bash
# All cluster tests, in three clusters side by side: most of their time is waiting for SLURM.
#
#   tests/cluster/run_tests.sh [PYTHON [pytest options]]
#
# Fails if any test fails, a cluster cannot start, or a part runs no test.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="${1:-.venv/bin/python}"
[ "$#" -gt 0 ] && shift
parts=(
    "$here/test_surviving.py $here/test_snakemake.py $here/test_profile.py"
    "$here/test_running.py $here/test_memory.py $here/test_stopping.py $here/test_values.py"
    "$here/test_study.py $here/test_parity.py $here/test_memory.py $here/test_watching.py $here/test_limits.py"
)
# How a cluster limits memory: by control groups where there are any, or by SLURM's sampling.
memory=(kernel kernel sampling)

bash "$here/slurm_box.sh" install
logs="$(mktemp -d)"
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$logs"
}
trap stop EXIT
trap 'exit 143' TERM INT

# A cluster that could not start (no test began) is started once more; a failed test never is.
part() { # NUMBER [pytest options]
    local number="$1" attempt status
    shift
    for attempt in 1 2; do
        status=0
        # The parts are lists of files.
        # shellcheck disable=SC2086
        SLURM_BOX_MEMORY="${memory[$number]}" setpriv --pdeathsig TERM \
            bash "$here/slurm_box.sh" run "$python" -m pytest ${parts[$number]} "$@" \
            >"$logs/$number.$attempt" 2>&1 || status=$?
        cat "$logs/$number.$attempt" >>"$logs/$number"
        if grep -q '%\]' "$logs/$number.$attempt"; then break; fi
    done
    return "$status"
}

for number in "${!parts[@]}"; do
    part "$number" "$@" &
    pids+=($!)
done
status=0
for number in "${!parts[@]}"; do
    wait "${pids[$number]}" || status=$?
    cat "$logs/$number"
done
pids=()
exit "$status"
