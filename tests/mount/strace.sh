# SPDX-License-Identifier: MIT
# For cases in which a system call of the daemon fails, or is its last: with strace, which tampers with it.
need strace

TRACER=
# Does strace have all threads?
is_traced() {
	gone "$TRACER" && skip "strace cannot attach: $(cat "$T/strace.err")"
	! grep -L "^TracerPid:[[:space:]]*$TRACER\$" "/proc/${DAEMON[$MNT]}"/task/*/status | grep -q .
}

# traced EXPRESSION...: strace the daemon with these -e; calls are counted from now on, for each thread apart
traced() {
	local arguments=() expression
	for expression; do arguments+=(-e "$expression"); done
	: > "$T/strace.out"
	bg strace -f -qq -p "${DAEMON[$MNT]}" -o "$T/strace.out" "${arguments[@]}" 2> "$T/strace.err"
	TRACER=$BGPID
	wait_for "strace to attach" is_traced
}

# untraced: let the daemon go on by itself, if it lives
untraced() {
	kill -INT "$TRACER" 2> "$T/which" || true
	wait_for "strace to end" gone "$TRACER"
	wait "$TRACER" || true
}
