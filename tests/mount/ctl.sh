# SPDX-License-Identifier: MIT
# What the cases of ringctl source after lib.sh: `ctl`, `silent`, `refused`, `has`; and of follow and write: `follow`,
# `writes`, `shows`, `ends`, `says`, `lost`, `note`.

[[ -x $RINGCTL ]] || fail "no ringctl at $RINGCTL"

# ctl STATUS ARGUMENTS...: exit status STATUS; stdout in $T/ctl.out, stderr, which is empty if all went well, in $T/ctl.err
ctl() {
	local wanted=$1 status=0
	shift
	timeout "$DEADLINE" "$RINGCTL" "$@" < /dev/null > "$T/ctl.out" 2> "$T/ctl.err" || status=$?
	eq "the exit status of ringctl $* ($(< "$T/ctl.err"))" "$wanted" "$status"
	((wanted != 0)) || eq "stderr of ringctl $*" "" "$(< "$T/ctl.err")"
}

# silent ARGUMENTS...: it is done and nothing is printed
silent() {
	ctl 0 "$@"
	eq "stdout of ringctl $*" "" "$(< "$T/ctl.out")"
}

# refused STATUS MESSAGE ARGUMENTS...: the exit status, nothing on stdout, and just that line on stderr
refused() {
	local status=$1 message=$2
	shift 2
	ctl "$status" "$@"
	eq "stdout of ringctl $*" "" "$(< "$T/ctl.out")"
	printf 'ringctl: %s\n' "$message" > "$T/ctl.wanted"
	eq "stderr of ringctl $*" "$(< "$T/ctl.wanted")" "$(< "$T/ctl.err")"
	same "stderr of ringctl $*" "$T/ctl.wanted" "$T/ctl.err"
}

# has PATH NAME=VALUE...: what ringctl stat says, whose words ringctl_stat_json.sh checks; no value: it has none
has() {
	local path=$1 word name text
	shift
	text=$("$RINGCTL" stat --json -- "$path")
	for word; do
		name=${word%%=*}
		[[ $text =~ \"$name\":\ \"?([^\",}]*) ]] || fail "no $name of $path in $text"
		eq "$name of $path" "${word#*=}" "${BASH_REMATCH[1]/null/}"
	done
}

# follow ARGUMENTS...: ringctl follow beside the case, its id in $FOLLOW; stdout in $T/seen, stderr in $T/said
follow() {
	bg "$RINGCTL" follow "$@" < /dev/null > "$T/seen" 2> "$T/said"
	FOLLOW=$BGPID
}

# writes INPUT ARGUMENTS...: ringctl write beside the case, its id in $WRITER; stderr in $T/said
writes() {
	local input=$1
	shift
	"$RINGCTL" write "$@" < "$input" 2> "$T/said" & # a background command has no input but one of its own
	WRITER=$!
	BG+=("$WRITER")
}

# shows LINE: waits until the follower has written it
shows() { wait_for "'$1' from follow (it says: $(< "$T/said"))" has_text "$T/seen" "$1"; }

# ends ID STATUS: a process of the case ends by itself with that status; 128 and more for a signal
ends() {
	local status=0
	wait_for "process $1 to end" gone "$1"
	wait "$1" 2> "$T/which" || status=$?
	eq "its exit status ($(< "$T/said"))" "$2" "$status"
}

# note VERB MAP: what is said first of $RING with that attribute map, with its newline
note() {
	local doing=reading
	[[ $1 == follow ]] || doing=writing
	[[ $2 != none ]] ||
		echo "ringctl: $1: $RING: cannot be mapped (its mode or its attribute map does not allow it): $doing through the mount"
}

# says VERB MAP [MESSAGE]: all of $T/said is the note and the message
says() {
	{
		note "$1" "$2"
		[[ $# -lt 3 ]] || echo "ringctl: $1: $RING: $3"
	} > "$T/ctl.wanted"
	same "stderr of $1" "$T/ctl.wanted" "$T/said"
}

# lost: the sum of the bytes that the follower says are lost
lost() { awk '/ bytes lost$/ { n += $(NF - 2) } END { printf "%d\n", n }' "$T/said"; }
