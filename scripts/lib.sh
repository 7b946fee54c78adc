# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shared by the scripts beside it, which source it; it is not run.
#
# A script that tests calls `begin`, then `configure`, `compile` and `run_suites` as often as it needs,
# then `finish`, which closes with "N passed, N failed, N skipped" and ends the script.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
scripts=$top/scripts
wrap=() # a command that runs meson test, when a variant needs one

step() { printf '== %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# make_work: a directory of this run's own
make_work() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/ringfs-run.XXXXXX")
	trap 'remove_work' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# begin: the same for tests. The cases' temporary files go below it, so that what they leave mounted
# is known to be theirs.
begin() {
	make_work
	# Cases that become another user must get through, and its sanitizer reports must get in.
	chmod 755 "$work"
	mkdir -m 1777 "$work/tmp" "$work/reports"
	: >"$work/results"
	export RINGFS_TEST_RUN=${work##*/}
	left_behind >"$work/before"
}

remove_work() {
	awk -v below="$work/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r mnt; do
			fusermount3 -uz "$mnt" 2>/dev/null || umount -l "$mnt" || true
		done
	rm -rf --one-file-system "$work"
}

# hold DIR: one run at a time in a build directory, for two would overwrite each other's objects and
# logs. The lock ends with the script: what it starts gets 9>&-.
hold() {
	mkdir -p "$1" 2>/dev/null || die "cannot make $1"
	[ -w "$1" ] || die "$1 is not yours to write; remove it or use a checkout of your own"
	exec 9>"$1/.lock"
	flock -n 9 && return
	step "another run uses ${1#"$top"/}: waiting for it"
	flock 9
}

# quietly COMMAND...: its output is shown only when it fails
quietly() {
	local log=$work/log
	"$@" >"$log" 2>&1 </dev/null 9>&- && return
	cat "$log" >&2
	return 1
}

# broken WHAT: ends the script; a test run closes with its line all the same
broken() {
	[ -e "$work/results" ] || die "could not $1"
	fail "$1"
	finish
}

# configure DIR [MESON OPTION...]: always anew, for packages may have come since the last time
configure() {
	local dir=$1 again=()
	shift
	hold "$dir"
	[ ! -e "$dir/build.ninja" ] || again=(--reconfigure)
	[ -z "${CI:-}" ] || [[ " $* " == *" --werror "* ]] || set -- "$@" --werror
	step "configure ${dir#"$top"/}${*:+ ($*)}"
	quietly meson setup "${again[@]}" "$dir" "$top" "$@" && return
	[ ${#again[@]} -eq 0 ] || echo "If $dir is from another meson or another place, remove it." >&2
	broken "configure ${dir#"$top"/}"
}

# compile DIR [TARGET...]: without targets, all; newer mesons leave what only tests need out of all
compile() {
	local dir=$1
	shift
	[ $# -gt 0 ] || set -- all meson-test-prereq
	step "compile ${dir#"$top"/}"
	# Warnings are shown, progress is not.
	ninja -C "$dir" --quiet "$@" </dev/null 2>&1 9>&- | sed '/^ninja: no work to do/d' ||
		broken "compile ${dir#"$top"/}"
}

# run_suites DIR [ARGUMENT OF MESON TEST...]: run, print failures and skips, count
run_suites() {
	local dir=$1 logs=$1/meson-logs log
	shift
	step "test ${dir#"$top"/}${*:+ ($*)}"
	rm -f "$logs"/testlog*
	# Neither meson's status nor its summary is needed, only its line per case while they run: the log
	# tells more, and a log that is missing is a failure below.
	TMPDIR=$work/tmp "${wrap[@]}" meson test -C "$dir" --no-rebuild "$@" </dev/null 2>&1 9>&- |
		tee "$work/progress" | grep --line-buffered -E '^ *[0-9]+/[0-9]+ ' || true
	log=$(find "$logs" -name 'testlog*.json' -size +0)
	if [ -n "$log" ]; then
		python3 "$scripts/tally.py" "$log" "$work/results"
		echo "Every case's output: ${log%.json}.txt"
	else
		cat "$work/progress"
		result failed "meson test $*"
	fi
}

# run_stress DIR [ARGUMENT OF MESON TEST...]: the stress suite, and the mount suite's stress cases
run_stress() {
	local dir=$1 cases
	shift
	run_suites "$dir" --suite stress "$@"
	mapfile -t cases < <(meson test -C "$dir" --no-rebuild --list --suite mount 2>/dev/null </dev/null |
		sed -n 's|^.* / \(stress_.*\)$|\1|p')
	[ ${#cases[@]} -eq 0 ] || run_suites "$dir" --suite mount "$@" "${cases[@]}"
}

# result STATE NAME
result() { printf '%s %s\n' "$1" "$2" >>"$work/results"; }

fail() { # NAME [FILE WITH DETAILS]
	printf '\n== failed\n%s\n' "$1"
	[ -z "${2:-}" ] || sed 's/^/    /' "$2"
	result failed "$1"
}

skip() { # NAME REASON
	printf '\n== skipped\n%s: %s\n' "$1" "$2"
	result skipped "$1: $2"
}

# left_behind: mounts, private stores and daemons that nobody else answers for
left_behind() { python3 "$scripts/leftovers.py" "$RINGFS_TEST_RUN" "$work/" | LC_ALL=C sort; }

check_left_behind() {
	local what deadline=$((SECONDS + 5))
	# A daemon may still be on its way out.
	until left_behind | LC_ALL=C comm -13 "$work/before" - >"$work/left" && [ ! -s "$work/left" ]; do
		[ "$SECONDS" -lt "$deadline" ] || break
		sleep 0.2
	done
	while read -r what; do
		fail "left behind: $what"
	done <"$work/left"
}

# check_reports: what sanitizers wrote, also for processes whose stderr nobody reads
check_reports() {
	local report
	for report in "$work/reports"/*; do
		[ ! -s "$report" ] || fail "sanitizer report ${report##*/}" "$report"
	done
}

count() { grep -c "^$1 " "$work/results" || true; }

finish() {
	local passed failed skipped
	check_reports
	check_left_behind
	passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
	if [ $((passed + failed)) -eq 0 ]; then
		printf '\nNo test ran.\n'
		failed=0 status=1
	fi
	printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] && exit "${status:-0}"
	exit 1
}
