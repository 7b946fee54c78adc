# SPDX-License-Identifier: MIT
# git works on the mount while each of its files is below the capacity; a clone whose pack is larger is refused, and
# fsck finds a large object that was cut.
. "$(dirname "$0")/lib.sh"
need git
export HOME=$T GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_TERMINAL_PROMPT=0
start size=256K
git init -q -b main "$MNT/repo"
cd "$MNT/repo" || exit
for n in 1 2 3; do
	lines gen "$n" $((n * 300)) > "file.$n"
	git add -A
	git commit -q -m "commit $n"
done
git gc -q
git fsck --strict --no-progress
git checkout -q -b side HEAD~1
lines gen 1 50 > file.1
git commit -q -a -m "on the side"
git checkout -q main
git merge -q -m merged side
eq "git status" "" "$(git status --short)"
lines gen 1 50 > "$T/wanted"
same "the file merged" "$T/wanted" file.1
git clone -q "$MNT/repo" "$MNT/cloned"
git clone -q "$MNT/repo" "$T/cloned"
for there in "$MNT/cloned" "$T/cloned"; do
	git -C "$there" fsck --strict --no-progress
	eq "the clone's head" "$(git rev-parse HEAD)" "$(git -C "$there" rev-parse HEAD)"
	diff -r --exclude .git "$MNT/repo" "$there" >&2 || fail "$there differs"
done

git init -q -b main "$T/large"
head -c 400000 /dev/urandom > "$T/large/file"
git -C "$T/large" add file
git -C "$T/large" commit -q -m large
cd "$T" || exit
! git clone -q --no-local "$T/large" "$MNT/large" 2> "$T/git.err" || fail "a clone with a pack larger than a ring went well"
has_text "$T/git.err" "fatal: " || fail "git did not say why: $(cat "$T/git.err")"
git -C "$MNT/repo" fsck --strict --no-progress

git -C "$MNT/repo" hash-object -w "$T/large/file" > "$T/which"
! git -C "$MNT/repo" fsck --no-progress > "$T/git.err" 2>&1 || fail "git fsck does not see that a large object was cut"
stop
