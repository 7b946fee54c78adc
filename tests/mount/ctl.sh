# SPDX-License-Identifier: MIT
# What the cases of ringctl source after lib.sh: `ctl`, `silent`, `refused`, `has`.

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
