# SPDX-License-Identifier: MIT
# A private store goes with its mount, whatever modes its directories were given, and is closed to others meanwhile.
. "$(dirname "$0")/lib.sh"
start size=64K
mkdir -p "$MNT/a/b/c"
echo deep > "$MNT/a/b/c/app.log"
ln -s /nowhere "$MNT/a/link"
mkfifo "$MNT/a/b/fifo"
chmod 500 "$MNT/a/b/c"
chmod 0 "$MNT/a/b"
store=${PRIVATE[$MNT]}
eq "mode of what is ours in the store" 700 "$(stat -c %a "$store/.ringfs")"
stop
[[ ! -e $store ]] || fail "$store is left: $(find "$store")"
