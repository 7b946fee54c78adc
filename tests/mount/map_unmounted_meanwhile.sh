# SPDX-License-Identifier: MIT
# Who is being handed a ring when the mount ends is told of that, or gets none; and the daemon, which finds the mount gone, ends in silence.
. "$(dirname "$0")/lib.sh"
. "$HERE/strace.sh"
attach_and_append() { # DAEMON
	py "$1" <<'PY'
from maplib import *
tool, daemon = Tool(), int(sys.argv[2])
try:
    tool.attach(MNT + "/app.log")
except OSError as error:
    holds("the error of attach: %s" % error, error.errno in (errno.ENOTCONN, errno.ECONNABORTED))
else:
    wait_for("the daemon to end", lambda: state(daemon) in (None, "Z"))
    eq("the error of an append", "EIDRM", errno_of(lambda: tool.append("more")))
    tool.end()
PY
}
for call in accept4 bind; do # with the client connected, and before there is a socket
	start size=64K
	: > "$RING"
	traced "inject=$call:delay_enter=1000000"
	bg attach_and_append "${DAEMON[$MNT]}"
	wait_for "the daemon to be at it" has_text "$T/strace.out" "$call("
	kill -TERM "${DAEMON[$MNT]}"
	wait "$BGPID" || fail "of who maps the ring, see above"
	ended "$MNT"
	untraced
done
