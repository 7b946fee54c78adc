#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh append|shape|wait: has spin visit all states of that model, then see each mutation of it found. Prints TAP.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
n=0

# visit MODEL SWITCHES: build the checker and run it; its output is in ./out
visit() {
	# shellcheck disable=SC2086  # several words
	spin $2 -a "$here/$1.pml" >spin.out && cc -w -O2 -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -o pan pan.c || return
	./pan -m100000 >out 2>&1 || true
	grep -q '^State-vector' out
}

report() { # STATUS WHAT
	n=$((n + 1))
	echo "$1 $n - $2"
	[ "$1" = ok ] || sed 's/^/# /' out
}

errors() { sed -n 's/^State-vector.*errors: \([0-9]*\)$/\1/p' out; }

holds() { # MODEL SWITCHES
	if visit "$1" "$2" && [ "$(errors)" = 0 ] && ! grep -q 'max search depth too small' out; then
		report ok "$1 $2: $(awk '/states, stored/ { print $1 }' out) states"
	else
		report "not ok" "$1 $2"
	fi
}

found() { # MODEL SWITCHES MUTATION...
	local model=$1 switches=$2 mutation
	shift 2
	for mutation; do
		if visit "$model" "$switches -D$mutation" && [ "$(errors)" = 1 ] && grep -qE '^pan:1: (assertion violated|invalid end state)' out; then
			report ok "$model $switches: $mutation found"
		else
			report "not ok" "$model $switches: $mutation not found"
		fi
	done
}

command -v spin >/dev/null || { echo "1..0 # SKIP spin is not installed" && exit; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
case ${1:-} in
append)
	holds append "-DCRASHES=2"
	found append "-DCRASHES=2" STEAL_FROM_LIVING NO_GENERATION NO_ADOPTION NO_STEAL INTENT_ROLLBACK INTENT_AFTER_COPY \
		HEAD_BEFORE_COPY NO_RECHECK
	holds append "-DBOUNDED -DCRASHES=1"
	found append "-DBOUNDED -DCRASHES=1" NO_ROOM_CHECK BLIND_CONSUME STEAL_FROM_LIVING NO_ADOPTION
	;;
shape)
	holds shape "-DCRASHES=0"
	holds shape "-DCRASHES=2"
	found shape "-DCRASHES=2" NO_TELLING NO_SHAPE_PROBE NO_SECOND_LOOK NO_RECHECK NO_SHAPE_LOCK
	holds shape "-DEND -DCRASHES=2"
	found shape "-DEND -DCRASHES=2" NO_SHAPE_FOR_END NO_LOOK_FOR_END
	holds shape "-DREADER -DAPPENDS=1 -DCRASHES=0"
	found shape "-DREADER -DAPPENDS=1 -DCRASHES=0" NO_MOVED_HEAD NO_SHAPE_LOCK
	;;
wait)
	holds wait "-DCRASHES=0"
	holds wait "-DCRASHES=1"
	found wait "-DCRASHES=1" COUNT_AFTER_LOOK WAKE_BEFORE_PUBLISH SEEN_AFTER_LOOK ENDLESS_SLEEP
	holds wait "-DLOCK -DCRASHES=0"
	holds wait "-DLOCK -DCRASHES=1"
	found wait "-DLOCK -DCRASHES=1" NO_WAITERS_BIT BIT_NOT_KEPT HANDOFF_NOT_WOKEN HANDOFF_TO_SLEEPERS_ONLY ENDLESS_SLEEP
	;;
*)
	echo "usage: run.sh append|shape|wait" >&2
	exit 2
	;;
esac
echo "1..$n"
