# SPDX-License-Identifier: MIT
# For cases in which a system call of the daemon fails, or is its last: with strace, which tampers with it.
need strace
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # which needs to trace, as strace does

TRACER=
# Does strace see what all threads do? That it has them is not enough: they may still go on for a while.
is_traced() {
	local task
	! gone "$TRACER" || skip "strace cannot attach: $(cat "$T/strace.err")"
	for task in "/proc/${DAEMON[$MNT]}/task"/*; do
		grep -q "^${task##*/} " "$T/strace.out" || return 1
	done
}

# traced EXPRESSION: strace the daemon with this -e; calls are counted from now on, for each thread apart
traced() {
	: > "$T/strace.out"
	bg strace -f -qq -p "${DAEMON[$MNT]}" -o "$T/strace.out" -e "$1" 2> "$T/strace.err"
	TRACER=$BGPID
	wait_for "strace to attach" is_traced
}

# untraced: let the daemon go on by itself, if it lives
untraced() {
	kill -INT "$TRACER" 2> "$T/which" || true
	wait_for "strace to end" gone "$TRACER"
	wait "$TRACER" || true
}
