# SPDX-License-Identifier: MIT
# ringctl_follow_fast_writer.sh owner|none: behind a writer that never pauses follow shows whole lines in order; seen and lost are all.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
: > "$RING"
lines gen 1 150000 > "$MODEL"
follow --from oldest "$RING"
echo probe >> "$RING"
shows probe
"$RINGCTL" write "$RING" < "$MODEL" 2> "$T/which"
shows "$(lines gen 150000 150000)"
all_told() { (($(size_of "$T/seen") + $(lost) == $(size_of "$MODEL") + 6)); }
told() { say "$(size_of "$T/seen") seen, $(lost) lost of $(size_of "$MODEL"): $(< "$T/said")"; }
ON_TIMEOUT=(told)
wait_for "seen and lost to be all" all_told
sed 1d "$T/seen" > "$T/lines"
lines check --gaps "$T/lines" > "$T/which"
end_bg "$FOLLOW"
stop
