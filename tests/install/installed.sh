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

# program PAGE: the program in the page's EXAMPLES, as man shows it
program() {
	awk '/^\.EE/ { on = 0 } on { gsub(/\\&/, ""); gsub(/\\-/, "-"); gsub(/\\e/, "\\"); print } /^\.EX/ { on = 1 }' "$1" |
		sed -n '/^#include/,$p'
}

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
test "$n_programs" -ge 4

"$work/of-vmap_ring" <"$work/numbers" >"$work/out"
tail -n "$(wc -l <"$work/out")" "$work/numbers" | cmp - "$work/out"
"$work/of-vmap_bufio" <"$work/numbers" | awk '$1 != NR || $2 != NR { exit 1 }'
"$work/of-vmap" "$work/saved" <"$work/numbers"
test -s "$work/saved"
tail -n "$(wc -l <"$work/saved")" "$work/numbers" | cmp - "$work/saved"
printf 'this and' >"$work/words"
"$work/of-vmap_map" "$work/words"
same vmap_map "that and" "$(cat "$work/words")"
