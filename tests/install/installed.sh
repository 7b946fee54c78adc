#!/bin/sh
# SPDX-License-Identifier: MIT
# The installed tree is all that a user needs: examples/ and the programs in the manual pages compile against it
# through pkg-config, without a warning, and do what they say.
# usage: installed.sh BUILD_DIR SOURCE_DIR PREFIX MAN_PAGE...
set -eu
build=$1 source=$2 prefix=$3
shift 3
cc=${CC:-cc} cxx=${CXX:-c++}
for tool in pkg-config "${cc%% *}" "${cxx%% *}"; do
	command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
meson install -C "$build" --no-rebuild --quiet --destdir "$work/root"

pc=$(find "$work/root" -name vmap.pc)
test -n "$pc"
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$work/root"
# A prefix that compilers search by themselves is not searched below the root.
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
flags=$(pkg-config --cflags --libs vmap)
echo "flags: $flags"
case $flags in
*"-I$work/root$prefix/"*) ;;
*) echo "the flags do not lead to the installed headers" && exit 1 ;;
esac
LD_LIBRARY_PATH=$(pkg-config --variable=libdir vmap)
case $LD_LIBRARY_PATH in
"$work"/*) ;;
*) LD_LIBRARY_PATH=$work/root$LD_LIBRARY_PATH ;;
esac
export LD_LIBRARY_PATH

compile() { # PROGRAM SOURCE
	case $2 in
	*.cc) set -- "$@" "$cxx" -std=c++11 ;;
	*) set -- "$@" "$cc" -std=gnu11 ;;
	esac
	# shellcheck disable=SC2086  # words
	$3 "$4" -Wall -Wextra -pedantic -Werror -O2 "$2" $flags -o "$1"
}

same() { # WHAT EXPECTED FOUND
	test "$2" = "$3" || { printf '%s: expected\n%s\nfound\n%s\n' "$@" && exit 1; }
}

for file in "$source"/examples/*.c "$source"/examples/*.cc; do
	name=${file##*/}
	compile "$work/${name%.*}" "$file"
	echo "compiled $name"
done

seq 100000 >"$work/numbers"
"$work/last" 4096 <"$work/numbers" >"$work/out"
tail -n "$(wc -l <"$work/out")" "$work/numbers" >"$work/expected"
cmp "$work/out" "$work/expected"
test "$(wc -c <"$work/out")" -gt 4000
same last "last: failed to allocate full ring, invalid range" "$("$work/last" 0 </dev/null 2>&1 || true)"

same lines "3: the longest of them" "$(printf 'a\nlonger\nthe longest of them\nb\n' | "$work/lines")"
same lines "lines: failed to read from source, Bad file descriptor
0: " "$("$work/lines" 2>&1 <&- || true)"

for n in 1 2 3; do
	same counter "$n" "$("$work/counter" "$work/count")"
done
same counter "counter: $work: failed to open file, Is a directory" "$("$work/counter" "$work" 2>&1 || true)"

version=$(pkg-config --modversion vmap)
same queue "100000 numbers in order, libvmap $version" "$("$work/queue")"

# wait_for COMMAND...: until it succeeds
wait_for() {
	for _ in $(seq 600); do
		! "$@" || return 0
		sleep 0.05
	done
	echo "waited in vain for: $*"
	exit 1
}

# shared FILE [CAPACITY]: what append puts into the ring, follow shows
shared() {
	"$work/append" "$@" </dev/null
	: >"$work/followed"
	"$work/follow" "$1" >"$work/followed" 2>"$work/complaints" &
	follower=$!
	for part in 1 2 3; do
		seq -f "part $part, line %.0f" 1000 | "$work/append" "$1"
	done
	for part in 1 2 3; do
		seq -f "part $part, line %.0f" 1000
	done >"$work/expected"
	wait_for cmp -s "$work/followed" "$work/expected"
}

follower=
clean_up() {
	[ -z "$follower" ] || kill "$follower" 2>/dev/null || true
	[ ! -d "$work/mnt" ] || fusermount3 -uz "$work/mnt" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT

shared "$work/ring" 100000
kill "$follower"
wait "$follower" 2>/dev/null || true
follower=
same follow "" "$(cat "$work/complaints")"
same append "append: $work/none: No such file or directory" "$("$work/append" "$work/none" 2>&1 </dev/null || true)"
same follow "follow: $work/numbers: is no ring" "$("$work/follow" "$work/numbers" 2>&1 || true)"

# On a mount a plain writer and a plain reader take part, and the follower ends with the ring.
if [ -x "$build/fs/ringfs" ] && { : <>/dev/fuse; } 2>/dev/null; then
	mkdir "$work/mnt"
	"$build/fs/ringfs" "$work/mnt"
	: >"$work/mnt/app.log"
	shared "$work/mnt/app.log"
	cmp "$work/mnt/app.log" "$work/expected"
	echo "by a plain write" | tee -a "$work/expected" >>"$work/mnt/app.log"
	wait_for cmp -s "$work/followed" "$work/expected"
	rm "$work/mnt/app.log"
	wait "$follower"
	follower=
	same follow "" "$(cat "$work/complaints")"
	fusermount3 -u "$work/mnt"
	rmdir "$work/mnt"
else
	echo "append and follow were not tried on a mount: no /dev/fuse here"
fi

# program PAGE: the program in the page's EXAMPLES, as man shows it
program() {
	awk '/^\.EE/ { on = 0 } on { gsub(/\\&/, ""); gsub(/\\-/, "-"); gsub(/\\e/, "\\"); print } /^\.EX/ { on = 1 }' "$1" |
		sed -n '/^#include/,$p'
}

# Every function of the library is found by its name, in a page that says how it is called.
sed -n 's/^\(VMAP_API\|static inline\) .*[ *]\(vmap_[a-z0-9_]*[a-z0-9]\)(.*/\2/p' "$work/root$prefix"/include/vmap/*.h |
	grep -v '_$' | sort -u >"$work/functions"
man3=$(find "$work/root" -type d -name man3)
test "$(wc -l <"$work/functions")" -gt 140
while read -r name; do
	case $name in
	vmap_span_*_volatile_* | vmap_span_*_unaligned_*) name=${name%_*} ;; # one name for ten types
	esac
	test -e "$man3/$name.3" || { echo "no manual page: $name" && exit 1; }
	grep -q "$name" "$man3/$name.3" || { echo "$name is not in its page" && exit 1; }
done <"$work/functions"

n_programs=0
for page; do
	name=${page##*/}
	name=${name%.*}
	program "$page" >"$work/of-$name.c"
	test -s "$work/of-$name.c" || continue
	compile "$work/of-$name" "$work/of-$name.c"
	echo "compiled the program in ${page##*/}"
	n_programs=$((n_programs + 1))
done
test "$n_programs" -eq 6

"$work/of-vmap_ring" <"$work/numbers" >"$work/out"
tail -n "$(wc -l <"$work/out")" "$work/numbers" | cmp - "$work/out"
"$work/of-vmap_bufio" <"$work/numbers" | awk '$1 != NR || $2 != NR { exit 1 }'
"$work/of-vmap" "$work/saved" <"$work/numbers"
test -s "$work/saved"
tail -n "$(wc -l <"$work/saved")" "$work/numbers" | cmp - "$work/saved"
printf 'this and' >"$work/words"
"$work/of-vmap_map" "$work/words"
same vmap_map "that and" "$(cat "$work/words")"
same vmap_shared "one
two" "$("$work/of-vmap_shared" one two)"
"$work/append" "$work/words.ring" 65536 <"$work/words"
seq 1000 | "$work/append" "$work/words.ring"
same vmap_shared_append 271 "$("$work/of-vmap_shared_append" "$work/words.ring" 7)"
