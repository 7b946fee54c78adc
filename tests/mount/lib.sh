# SPDX-License-Identifier: MIT
# What every mount case sources: one temporary directory, one daemon that is watched, exact checks.
#
# A case gets $T (its directory), $MNT (a mountpoint), $STORE (an empty directory), $RING (a file in
# the mount) and $MODEL (the same bytes on a plain file). It starts a daemon with `start`, ends it with
# `stop`, and fails when the daemon's exit status is not 0 or when it wrote anything to stderr.

set -Eeuo pipefail
shopt -s inherit_errexit
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1 SHELL=/bin/sh # tmux runs the shell of the user, who may have none
umask 022

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${RINGFS:=$HERE/../../build/fs/ringfs}"
: "${RINGCTL:=$HERE/../../build/fs/ringctl}"
: "${HELPERS:=$HERE/../../build/tests/mount}"
: "${PYTHON:=python3}"
export PYTHON RINGCTL
: "${DEADLINE:=30}" # seconds a condition may take; never a measure of success

T=$(realpath "$(mktemp -d "${TMPDIR:-/tmp}/ringfs-test.XXXXXX")")
MNT=$T/mnt
STORE=$T/store
RING=$MNT/app.log
MODEL=$T/model
mkdir "$MNT" "$STORE"
: > "$MODEL"

declare -A DAEMON=()  # mountpoint -> process id
declare -A PRIVATE=() # mountpoint -> its store in memory, when it has one
BG=()                 # processes of the case
AT_EXIT=()            # commands that clean up what is no child of the case
SCRATCH=()            # mounts of the case, in order

say() { printf '%s\n' "$*" >&2; }

fail() {
	trap - ERR
	say "FAIL: $*"
	exit 1
}

skip() {
	trap - ERR
	echo "SKIP: $*"
	exit 77
}

# eq WHAT WANTED GOT
eq() {
	[[ "$2" == "$3" ]] || fail "$1: wanted '$2', got '$3'"
}

# same WHAT WANTED_FILE GOT_FILE: byte for byte
same() {
	cmp "$2" "$3" >&2 || fail "$1: $3 differs from $2 ($(wc -c < "$3") against $(wc -c < "$2") bytes)"
}

need() {
	local tool
	for tool; do
		command -v "$tool" > "$T/which" || skip "no $tool here"
	done
}

need_root() { ((EUID == 0)) || skip "needs root: $*"; }

# The case's directory opened to a second user; in a root directory that is closed to others there is none.
need_second_user() {
	need setpriv
	need_root "acts as a second user"
	chmod 711 "$T"
	setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$T" 2> "$T/which" ||
		skip "a second user cannot come to $T"
}

# threads_of ID: where each thread of a process stands, for the message of a failure
threads_of() {
	local task
	for task in "/proc/$1/task"/*; do
		say "thread ${task##*/}: $(awk '$1 == "State:" { print $2 }' "$task/status")" \
			"in $(cat "$task/wchan"), system call $(cat "$task/syscall")"
	done
}

# wait_for WHAT COMMAND...: until the command succeeds; fails after the deadline
ON_TIMEOUT=()
wait_for() {
	local what=$1 end=$((SECONDS + DEADLINE))
	shift
	until "$@"; do
		if ((SECONDS >= end)); then
			((${#ON_TIMEOUT[@]} == 0)) || "${ON_TIMEOUT[@]}" || true
			fail "waited $DEADLINE s for $what"
		fi
		sleep 0.02
	done
}

mounted() { awk -v at="$1" '$5 == at { found = 1 } END { exit !found }' /proc/self/mountinfo; }
gone() { [[ ! -e /proc/$1/status ]] || grep -qs '^State:.Z' "/proc/$1/status"; }
size_of() { stat -c %s "$1"; }
has_size() { [[ $(stat -c %s "$1") -ge $2 ]]; }
has_text() { grep -qF -- "$2" "$1"; }

up_or_gone() { mounted "$1" || gone "${DAEMON[$1]}"; }

# start [OPTIONS [SOURCE]]: a daemon at $MNT; no source means a private store in memory
start() { start_at "$MNT" "$@"; }

# start_at MOUNTPOINT [OPTIONS [SOURCE]]; the array RUNNER, when set, runs the daemon
RUNNER=()
start_at() {
	local mnt=$1 options=${2:-} source=${3:-} args=()
	[[ -r /dev/fuse && -w /dev/fuse ]] || skip "/dev/fuse cannot be opened"
	[[ -x $RINGFS ]] || fail "no daemon at $RINGFS"
	[[ -z $source ]] || args+=("$source")
	args+=("$mnt" -f)
	[[ -z $options ]] || args+=(-o "$options")
	"${RUNNER[@]}" "$RINGFS" "${args[@]}" < /dev/null > "$T/${mnt##*/}.out" 2> "$T/${mnt##*/}.err" &
	DAEMON[$mnt]=$!
	wait_for "the mount at $mnt" up_or_gone "$mnt"
	mounted "$mnt" || fail "the daemon ended instead of mounting: $(cat "$T/${mnt##*/}.err")"
	stat "$mnt" > "$T/which" || fail "the mount at $mnt does not answer"
	PRIVATE[$mnt]=$(find "/proc/${DAEMON[$mnt]}/fd" -lname '/dev/shm/ringfs-*' -printf '%l\n' 2>&1 |
		grep -o '^/dev/shm/ringfs-[^/]*' | sort -u | head -n 1) || true
}

# stop [MOUNTPOINT]: unmount; the daemon must end well
stop() {
	local mnt=${1:-$MNT}
	fusermount3 -u "$mnt" || fail "cannot unmount $mnt"
	ended "$mnt"
}

# A mount namespace that somebody made meanwhile (a container that starts) holds a copy of every mount, and a daemon lives as
# long as the last copy.
gone_or_free() { gone "$1" || ! grep -qsF " $2 " /proc/[0-9]*/mountinfo; }

# ended MOUNTPOINT: the daemon must have ended with status 0, silent, leaving nothing behind
ended() {
	local mnt=$1 pid=${DAEMON[$1]} status=0
	DEADLINE=$((4 * DEADLINE)) wait_for "other mount namespaces to let go of $mnt" gone_or_free "$pid" "$mnt"
	ON_TIMEOUT=(threads_of "$pid")
	wait_for "the daemon of $mnt to end" gone "$pid"
	ON_TIMEOUT=()
	wait "$pid" || status=$?
	unset "DAEMON[$mnt]"
	eq "the daemon's exit status ($(cat "$T/${mnt##*/}.err"))" 0 "$status"
	eq "the daemon's stderr" "" "$(cat "$T/${mnt##*/}.err")"
	eq "the daemon's stdout" "" "$(cat "$T/${mnt##*/}.out")"
	! mounted "$mnt" || fail "the daemon ended and $mnt is still mounted"
	[[ -z ${PRIVATE[$mnt]:-} || ! -e ${PRIVATE[$mnt]} ]] || fail "${PRIVATE[$mnt]} was left behind"
}

# kill_daemon [MOUNTPOINT]: SIGKILL it and take the dead mount away
kill_daemon() {
	local mnt=${1:-$MNT}
	local pid=${DAEMON[$mnt]}
	kill -KILL "$pid"
	wait "$pid" 2> "$T/which" || true
	unset "DAEMON[$mnt]"
	fusermount3 -u "$mnt" || fail "cannot unmount $mnt after the kill"
}

# bg COMMAND...: run beside the case; ended at its end at the latest; the id is in $BGPID
bg() {
	"$@" &
	BGPID=$!
	BG+=("$BGPID")
}

# end_bg ID: end a process of the case and wait for it
end_bg() {
	kill -TERM "$1" || true
	kill -CONT "$1" || true
	wait_for "process $1 to end" gone "$1"
	wait "$1" || true
}

# scratch_tmpfs DIRECTORY SIZE [OPTIONS]: a file system of the case's own
scratch_tmpfs() {
	need_root "mounts a tmpfs"
	mount -t tmpfs -o "size=$2,mode=755${3:+,$3}" ringfs-test "$1" || return
	SCRATCH+=("$1")
}

# lines COMMAND...: numbered lines, see ringlib.py
lines() { "$PYTHON" "$HERE/ringlib.py" "$@"; }

# py ARGUMENTS...: a Python program on stdin that can import ringlib
py() { PYTHONPATH=$HERE "$PYTHON" - "$MNT" "$@"; }

# write_lines FIRST LAST [RING [MODEL]]: the same numbered lines to the ring and to its model
write_lines() {
	lines gen "$1" "$2" > "$T/chunk"
	cat "$T/chunk" >> "${3:-$RING}"
	cat "$T/chunk" >> "${4:-$MODEL}"
}

# expected CAPACITY [MODEL]: what an open must show of the model's bytes
expected() { lines expect "$1" "${2:-$MODEL}"; }

# metric NAME [MOUNTPOINT]: the value of a metric that has no labels
metric() {
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "${2:-$MNT}/.ringfs/metrics" ||
		fail "no metric $1"
}

cleanup() {
	local status=$? mnt pid i
	trap - EXIT ERR
	set +e
	for pid in "${BG[@]}"; do
		if grep -qs "^PPid:[[:space:]]*$$\$" "/proc/$pid/status"; then
			kill -KILL "$pid"
			wait "$pid" 2> "$T/which"
		fi
	done
	for i in "${AT_EXIT[@]}"; do eval "$i"; done
	if ((status == 0 && ${#DAEMON[@]} > 0)); then
		say "FAIL: the case ended without stopping its daemon"
		status=1
	fi
	for mnt in "${!DAEMON[@]}"; do
		pid=${DAEMON[$mnt]}
		if ((status != 0 && status != 77)); then
			sed "s|^|${mnt##*/}: |" "$T/${mnt##*/}.err" >&2
		fi
		if mounted "$mnt"; then
			fusermount3 -u "$mnt" 2> "$T/which" || fusermount3 -uz "$mnt"
		fi
		for ((i = 0; i < 100; i++)); do
			gone "$pid" && break
			((i == 50)) && kill -TERM "$pid"
			sleep 0.05
		done
		gone "$pid" || kill -KILL "$pid"
		wait "$pid"
		[[ -z ${PRIVATE[$mnt]:-} ]] || rm -rf --one-file-system "${PRIVATE[$mnt]}"
	done
	awk -v below="$T/" 'index($5, below) == 1 && $0 ~ / - fuse/ { print $5 }' /proc/self/mountinfo |
		while read -r mnt; do fusermount3 -uz "$mnt"; done
	for ((i = ${#SCRATCH[@]} - 1; i >= 0; i--)); do
		umount "${SCRATCH[i]}" 2> "$T/which" || umount -l "${SCRATCH[i]}"
	done
	rm -rf --one-file-system "$T"
	exit "$status"
}

trap 'say "FAIL: ${BASH_SOURCE[0]##*/} line $LINENO: $BASH_COMMAND"' ERR
trap cleanup EXIT
trap 'exit 1' TERM INT HUP
