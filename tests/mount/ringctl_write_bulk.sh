# SPDX-License-Identifier: MIT
# ringctl_write_bulk.sh owner|none: 300,000 lines of 100 bytes are all appended, and the newest are there.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=1M,map=$1"
: > "$RING"
"$PYTHON" -c 'import sys; sys.stdout.write("".join("%08d %s\n" % (n, "x" * 90) for n in range(300000)))' > "$MODEL"
"$RINGCTL" write "$RING" < "$MODEL" 2> "$T/said"
has "$RING" head=30000000
expected 1048576 > "$T/wanted"
same "the newest" "$T/wanted" "$RING"
says write "$1"
cat "$MODEL" | "$RINGCTL" write "$RING" 2> "$T/said"
has "$RING" head=60000000
same "the newest, from a pipe" "$T/wanted" "$RING"
stop
