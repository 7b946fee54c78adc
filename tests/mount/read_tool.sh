# SPDX-License-Identifier: MIT
# read_tool.sh TOOL COMMAND: on a ring that wrapped several times COMMAND gives, byte for byte and silently, what it gives
# on a plain file that holds the same whole lines; $OUT is a directory for its products.
. "$(dirname "$0")/lib.sh"
need "$1"
start size=256K
mkdir "$T/plain" "$T/out.plain" "$T/out.ring"
write_lines 1 30000
expected 262144 > "$T/plain/app.log"
run() { # DIRECTORY OUT
	local status=0
	(cd "$1" && OUT=$2 bash -o pipefail -c "$COMMAND") > "$2.stdout" 2> "$2.stderr" < /dev/null || status=$?
	echo "$status" > "$2.status"
}
COMMAND=$2
run "$T/plain" "$T/out.plain"
run "$MNT" "$T/out.ring"
eq "the exit status on a plain file" 0 "$(cat "$T/out.plain.status")"
eq "the exit status ($(cat "$T/out.ring.stderr"))" 0 "$(cat "$T/out.ring.status")"
eq "stderr" "" "$(cat "$T/out.ring.stderr")"
[[ -s $T/out.plain.stdout ]] || fail "the command prints nothing: it proves nothing"
same "the output of: $COMMAND" "$T/out.plain.stdout" "$T/out.ring.stdout"
diff -r "$T/out.plain" "$T/out.ring" >&2 || fail "the products of: $COMMAND differ"
stop
