# SPDX-License-Identifier: MIT
# A ring that is removed or unmounted under write is one line with what was not written, and exit status 1.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
mkfifo "$T/in"
begin() {
	echo before > "$RING"
	writes "$T/in" "$RING"
		exec 4> "$T/in"
	echo first >&4
	wait_for "the first line" has_text "$RING" first
}
begin
rm "$RING"
echo second >&4
ends "$WRITER" 1
says write owner "the ring was removed: 7 bytes were read and not written"
exec 4>&-
begin
stop
echo "the third" >&4
ends "$WRITER" 1
says write owner "was unmounted: 10 bytes were read and not written"
exec 4>&-
