#!/usr/bin/env bash
# A real SLURM cluster on one machine, for tests and for trying things out. Needs root.
#
#   slurm_box.sh run COMMAND ...   start a cluster, run the command inside, take everything down
#   slurm_box.sh install           install what is missing
#   slurm_box.sh up                start a cluster and leave it running
#   slurm_box.sh exec COMMAND ...  run a command inside the cluster that `up` started
#   slurm_box.sh down              stop it
#
# slurmctld, slurmdbd on MariaDB, munge and two slurmd nodes (n1, n2: 4 CPUs and 2 fake GPUs each)
# run in namespaces of their own: nothing outside sees /etc/slurm, a port or a process of the box,
# and when its first process ends the kernel ends all the others.
#
# Where the kernel has memory control groups (version 1), it enforces memory limits as on most
# clusters: it kills the process that takes too much. Elsewhere, and with SLURM_BOX_MEMORY=sampling,
# SLURM itself looks every second, and kills the whole task.
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
SELF="$HERE/$(basename "${BASH_SOURCE[0]}")"
UP_FOLDER="${SLURM_BOX_FOLDER:-/tmp/slurm-box-up}"
MEMORY_GROUPS=/sys/fs/cgroup/memory
READY_SECONDS="${SLURM_BOX_READY_SECONDS:-180}"
PACKAGES=(slurm-wlm slurmdbd slurm-wlm-mysql-plugin slurm-client munge mariadb-server iproute2 procps)

say() { echo "slurm box: $*" >&2; }
die() { say "$*"; exit 1; }

have_package() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_missing() {
    local missing=() package attempt
    for package in "${PACKAGES[@]}"; do
        have_package "$package" || missing+=("$package")
    done
    [ "${#missing[@]}" -eq 0 ] && return 0
    say "installing ${missing[*]}"
    # No service may start by itself: the box starts its own.
    local policy=/usr/sbin/policy-rc.d made=no
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
        made=yes
    fi
    for attempt in 1 2 3; do
        if { dpkg --configure -a && apt-get update -q \
            && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
                -o DPkg::Lock::Timeout=300 "${missing[@]}"; } >&2; then
            [ "$made" = yes ] && rm -f "$policy"
            return 0
        fi
        say "installing failed (try $attempt of 3)"
        sleep 5
    done
    [ "$made" = yes ] && rm -f "$policy"
    die "cannot install ${missing[*]}"
}

# --- inside the namespaces ---------------------------------------------------------------------

fill_in() { # FILE: without the lines of the other way to limit memory
    local other=cgroup
    [ -n "${SLURM_BOX_GROUP:-}" ] && other=sampling
    sed -e "s#@BOX@#$BOX#g" -e "/ #$other\$/d" -e 's/ #[a-z]*$//' "$HERE/config/$1" > "$BOX/etc/$1"
}

until_ready() { # NAME COMMAND ...: polls until the command succeeds
    local name="$1" deadline=$((SECONDS + READY_SECONDS))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            say "$name was not ready after $READY_SECONDS s; last lines of its logs:"
            tail -n 20 "$BOX"/log/*.log >&2 || true
            exit 1
        fi
        sleep 0.2
    done
}

mount_private_files() {
    mkdir -p "$BOX"/{etc,log,state,db,dev,spool.n1,spool.n2} /etc/slurm
    chmod 755 "$BOX"
    local number
    for number in 0 1; do
        mknod "$BOX/dev/gpu$number" c 1 3
    done
    fill_in slurm.conf
    fill_in gres.conf
    fill_in cgroup.conf
    fill_in slurmdbd.conf
    printf '#!/bin/sh\n[ ! -e %s/broken ]\n' "$BOX" > "$BOX/etc/prolog.sh"
    chmod 755 "$BOX/etc/prolog.sh"
    chmod 600 "$BOX/etc/slurmdbd.conf"
    mount --bind "$BOX/etc" /etc/slurm
    if [ -n "${SLURM_BOX_GROUP:-}" ]; then
        # In its cgroup namespace the box sees its own group as the root of all.
        mkdir -p "$BOX/cgroup/memory"
        mount -t cgroup -o memory cgroup "$BOX/cgroup/memory"
    fi
    # Clients of slurmdbd look for munge at its default place only.
    mkdir -p "$BOX/munge" /run/munge
    mount --bind "$BOX/munge" /run/munge
    hostname localhost
    ip link set lo up
    # slurmdbd resolves with AI_ADDRCONFIG, which wants an address besides 127.0.0.1: TEST-NET-1.
    ip address add 192.0.2.1/32 dev lo
}

start_munge() {
    head -c 1024 /dev/urandom > "$BOX/munge.key"
    chmod 400 "$BOX/munge.key"
    munged --force --foreground --key-file="$BOX/munge.key" --socket=/run/munge/munge.socket.2 \
        --pid-file="$BOX/munge.pid" --seed-file="$BOX/munge.seed" --log-file="$BOX/log/munged.log" \
        >"$BOX/log/munged.out" 2>&1 &
    until_ready munge munge --no-input
}

db() { mariadb --no-defaults --socket="$BOX/db.socket" --user=root "$@"; }

start_database() {
    # Temporary tables are named by process number, which clusters side by side share.
    mkdir -p "$BOX/db-tmp"
    chown mysql "$BOX/db" "$BOX/db-tmp"
    local -x TMPDIR="$BOX/db-tmp"
    mariadb-install-db --no-defaults --user=mysql --datadir="$BOX/db" --skip-test-db \
        --auth-root-authentication-method=normal >"$BOX/log/mariadb-install.log" 2>&1
    mariadbd --no-defaults --user=mysql --datadir="$BOX/db" --socket="$BOX/db/socket" \
        --port=3306 --bind-address=127.0.0.1 --pid-file="$BOX/db/pid" --skip-name-resolve \
        --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --skip-log-bin \
        >"$BOX/log/mariadbd.log" 2>&1 &
    ln -sf "$BOX/db/socket" "$BOX/db.socket"
    until_ready mariadb db -e 'select 1'
    db -e "create user slurm@'127.0.0.1' identified by 'slurm';
           grant all on slurm_acct_db.* to slurm@'127.0.0.1';"
}

start_slurmdbd() {
    slurmdbd -D >"$BOX/log/slurmdbd.out" 2>&1 &
    echo $! > "$BOX/slurmdbd.run"
    until_ready slurmdbd timeout 15 sacctmgr -n -P list cluster
}

start_slurmctld() {
    slurmctld -D >"$BOX/log/slurmctld.out" 2>&1 &
    echo $! > "$BOX/slurmctld.run"
    until_ready slurmctld timeout 15 scontrol ping
}

start_node() {
    slurmd -D -N "$1" >"$BOX/log/slurmd.$1.out" 2>&1 &
    echo $! > "$BOX/slurmd.$1.run"
}

nodes_idle() { [ "$(sinfo -h -N -p gpu -t idle -o %N | sort -u | tr '\n' ' ')" = "n1 n2 " ]; }

start_cluster() {
    mount_private_files
    start_munge
    start_database
    start_slurmdbd
    sacctmgr -i add cluster box >/dev/null
    sacctmgr -i add account default >/dev/null
    sacctmgr -i add user root Account=default >/dev/null
    start_slurmctld
    start_node n1
    start_node n2
    until_ready "the nodes" nodes_idle
}

inside() { # BOX CALLBACK COMMAND ...
    BOX="$1"
    local then="$2"
    shift 2
    export SLURM_BOX="$BOX"
    set -E
    trap 'say "the cluster could not start ($BASH_COMMAND)"; tail -n 5 "$BOX"/log/* >&2 || true' ERR
    start_cluster
    trap - ERR
    if [ "$then" = hold ]; then
        touch "$BOX/ready"
        exec sleep infinity
    fi
    local status=0
    "$@" || status=$?
    if [ "$status" -ne 0 ] && [ -n "${SLURM_BOX_LOGS:-}" ]; then
        mkdir -p "$SLURM_BOX_LOGS" && cp "$BOX"/log/*.log "$SLURM_BOX_LOGS"/ || true
    fi
    exit "$status"
}

# --- outside -----------------------------------------------------------------------------------

NAMESPACES=(--mount --pid --net --uts --fork --kill-child --mount-proc --propagation private)

make_group() { # BOX: a memory control group for it, where there are any
    local group
    group="$MEMORY_GROUPS/$(basename "$1")"
    [ "${SLURM_BOX_MEMORY:-}" != sampling ] || return 0
    remove_group "$group"
    if mkdir "$group" 2>/dev/null && bash -c 'echo $$ > "$0/cgroup.procs"' "$group" 2>/dev/null; then
        echo "$group"
    else
        say "no memory control groups of version 1 here: SLURM's own sampling limits memory"
    fi
}

remove_group() { # GROUP
    local attempt
    [ -n "$1" ] || return 0
    for attempt in {1..50}; do
        [ -d "$1" ] || return 0
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -d "$1" ] && sleep 0.1
    done
    say "left behind: $1"
}

enter() { # GROUP COMMAND ...: become the command, in the group and in namespaces of its own
    local group="$1" namespaces=("${NAMESPACES[@]}")
    shift
    if [ -n "$group" ]; then
        echo $$ > "$group/cgroup.procs"
        namespaces+=(--cgroup)
    fi
    SLURM_BOX_GROUP="$group" exec unshare "${namespaces[@]}" "$@"
}

require_root() { [ "$(id -u)" -eq 0 ] || die "needs root (namespaces and SLURM daemons)"; }

run() {
    [ "$#" -gt 0 ] || die "run needs a command"
    require_root
    install_missing
    local box group status=0 unshared
    box="$(mktemp -d /tmp/slurm-box.XXXXXX)"
    group="$(make_group "$box")"
    trap 'remove_group "$group"; rm -rf "$box" || true' EXIT
    # A signal ends the box at once, not when its command is done.
    trap 'kill -KILL "$unshared" 2>/dev/null || true; exit 143' TERM INT HUP
    # Should this shell be killed, unshare goes with it, and with unshare the box.
    # What runs in a shell's background has SIGINT ignored: not so in the box.
    setpriv --pdeathsig KILL env --default-signal=INT,QUIT \
        "$SELF" _enter "$group" "$SELF" _inside "$box" run "$@" &
    unshared=$!
    wait "$unshared" || status=$?
    exit "$status"
}

first_process() { # the box's init, as seen from outside
    cat "$UP_FOLDER/pid" 2>/dev/null
}

up() {
    require_root
    install_missing
    if [ -e "$UP_FOLDER/pid" ] && kill -0 "$(first_process)" 2>/dev/null; then
        say "already up"
        return 0
    fi
    rm -rf "$UP_FOLDER"
    mkdir -p "$UP_FOLDER"
    local group
    group="$(make_group "$UP_FOLDER")"
    echo "$group" > "$UP_FOLDER/group"
    setsid "$SELF" _enter "$group" "$SELF" _inside "$UP_FOLDER" hold \
        </dev/null >"$UP_FOLDER/up.log" 2>&1 &
    local keeper=$! deadline=$((SECONDS + 2 * READY_SECONDS)) child
    until [ -e "$UP_FOLDER/ready" ]; do
        kill -0 "$keeper" 2>/dev/null || { cat "$UP_FOLDER/up.log" >&2; die "could not start"; }
        [ "$SECONDS" -lt "$deadline" ] || die "not ready in time, see $UP_FOLDER/up.log"
        sleep 0.3
    done
    child="$(pgrep -P "$keeper" | head -n 1)"
    echo "$child" > "$UP_FOLDER/pid"
    say "up; use: $0 exec sinfo"
}

box_exec() {
    kill -0 "$(first_process)" 2>/dev/null || die "not up"
    SLURM_BOX="$UP_FOLDER" exec nsenter --target "$(first_process)" \
        --mount --pid --net --uts --wdns="$PWD" "$@"
}

down() {
    local pid deadline=$((SECONDS + 20))
    pid="$(first_process)" || { say "not up"; return 0; }
    kill -KILL "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.2; done
    remove_group "$(cat "$UP_FOLDER/group" 2>/dev/null)"
    rm -rf "$UP_FOLDER"
    say "down"
}

case "${1:-}" in
    run) shift; run "$@" ;;
    install) require_root; install_missing ;;
    up) up ;;
    exec) shift; box_exec "$@" ;;
    down) down ;;
    _enter) shift; enter "$@" ;;
    _inside) shift; inside "$@" ;;
    *) sed -n '2,17p' "$SELF" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
esac
