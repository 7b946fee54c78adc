# SPDX-License-Identifier: MIT
# What the cases of bad input source after lib.sh: `refused`.

[[ -r /dev/fuse && -w /dev/fuse ]] || skip "/dev/fuse cannot be opened"

# Stores in memory that nobody uses; other daemons have theirs open.
unused_stores() {
	local store
	for store in /dev/shm/ringfs-*; do
		[[ -d $store && -O $store ]] || continue
		! grep -qxF -- "$store" "$T/refuse.stores" || continue
		[[ -n $(find /proc/[0-9]*/fd -lname "$store*" -print -quit 2> "$T/which") || ! -e $store ]] || echo "$store"
	done
}
no_unused_stores() { [[ -z $(unused_stores) ]]; }

mounts_below() { awk -v below="$T/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo; }
tree_of() { find "$T" -xdev \( -path "$T/refuse.*" -o -path "$T/which" -o -path "$T/mnt" \) -prune -o -printf '%p %y %m %s\n' | sort; }

# refused STATUS WORD ARGUMENTS...: exit status STATUS (or one of them, as in '1|2'), stdout empty, one line on stderr
# that holds WORD, nothing mounted, nothing left behind; both as a daemon and in the foreground
refused() {
	local wanted=$1 word=$2 extra status text rows
	shift 2
	tree_of > "$T/refuse.before"
	mounts_below > "$T/refuse.mounts.before"
	printf '%s\n' /dev/shm/ringfs-* > "$T/refuse.stores"
	for extra in "" -f; do
		status=0
		timeout "$DEADLINE" "$RINGFS" "$@" $extra < /dev/null > "$T/refuse.out" 2> "$T/refuse.err" || status=$?
		text=$(< "$T/refuse.err")
		mapfile -t rows < "$T/refuse.err"
		[[ $status =~ ^($wanted)$ ]] || fail "ringfs $* $extra: exit status $status, not $wanted: $text"
		[[ ! -s $T/refuse.out ]] || fail "ringfs $* $extra prints on stdout: $(< "$T/refuse.out")"
		eq "lines on stderr of ringfs $* $extra ($text)" 1 "${#rows[@]}"
		[[ $text =~ ^(ringfs|fuse):\  ]] || fail "ringfs $* $extra does not say who speaks: $text"
		[[ $text == *"$word"* ]] || fail "ringfs $* $extra does not speak of '$word': $text"
	done
	mounts_below > "$T/refuse.mounts.after"
	cmp "$T/refuse.mounts.before" "$T/refuse.mounts.after" >&2 || fail "ringfs $* changed the mounts"
	tree_of > "$T/refuse.after"
	diff "$T/refuse.before" "$T/refuse.after" >&2 || fail "ringfs $* left something behind or changed it"
	no_unused_stores || wait_for "a store in /dev/shm to go: $(unused_stores)" no_unused_stores
}
