# SPDX-License-Identifier: MIT
# prog_log_directory.sh svlogd|multilog|s6-log: a logger that rotates a directory of its own does so on the mount as elsewhere: every
# line is there, in order, and it goes on where it ended.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
need "$1"
start size=64K
dir=$MNT/log
mkdir "$dir"
case $1 in
svlogd) printf 's20000\nn50\n' > "$dir/config" ;;
esac
log() {
	case $1 in
	svlogd) svlogd "$dir" ;;
	multilog) multilog s20000 n50 "$dir" ;;
	s6-log) s6-log s20000 n50 "$dir" ;;
	esac
}
for ((n = 0; n < 3000; n += 1000)); do
	lines gen $((n + 1)) $((n + 1000)) | tee -a "$MODEL" | log "$1" > "$T/log.out" 2>&1 || fail "$1: $(cat "$T/log.out")"
	eq "what $1 said" "" "$(cat "$T/log.out")"
done
cat "$dir"/@* "$dir/current" > "$T/all"
same "all that $1 keeps" "$MODEL" "$T/all"
files=("$dir"/@*)
((${#files[@]} >= 3)) || fail "only ${#files[@]} files: $1 did not rotate"
stop
