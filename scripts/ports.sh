# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2317  # variables are shared with lib.sh, broken() is called there
# libvmap on systems this machine is not: for scripts/test and scripts/check, which source it after lib.sh.
#
# A port is a backend or a system. Its function builds libvmap alone, warnings as errors, and runs the unit suite;
# which packages it takes, install-deps knows by the port's name.

ports=(posix musl arm64 s390x page64k windows)

# port_packages PORT: the group of install-deps that it takes
port_packages() {
	case $1 in
	posix) echo test ;;
	page64k) echo arm64 ;;
	*) echo "$1" ;;
	esac
}

# run_port PORT: its environment and its lock end with it
run_port() (
	# A port that cannot be built is a failure among others, not the end of the run.
	broken() {
		fail "$1"
		exit 0
	}
	"check_$1"
)

# run_ports: all of them; one whose packages are not there is skipped, but not in CI
run_ports() {
	local port lacking
	for port in "${ports[@]}"; do
		lacking=$("$scripts/install-deps" --missing "$(port_packages "$port")")
		if [ -z "$lacking" ]; then
			run_port "$port" || fail "$port ended badly"
		elif [ -n "${CI:-}" ]; then
			fail "$port: not installed: $lacking"
		else
			skip "$port" "not installed: $lacking (scripts/install-deps port)"
		fi
	done
}

check_posix() {
	configure "$top/build-posix" --werror -Dos_backend=posix
	compile "$top/build-posix"
	run_suites "$top/build-posix" --suite unit
}

# of_library DIR OPTIONS...: libvmap alone, warnings as errors
of_library() {
	configure "$@" --werror -Dfs=disabled
	compile "$1"
}

# with_wine PREFIX COMMAND...: its tests share one wine server, which ends with it. The server has streams of
# its own, or whoever reads the output of the test that started it would wait for it.
with_wine() {
	local status=0
	export WINEPREFIX=$1 WINEDEBUG=-all
	# Wine keeps its sockets in TMPDIR: with the one the tests have, they find the server that is started here.
	[ ${#wine_root[@]} -gt 0 ] || export TMPDIR=$work/tmp
	shift
	mkdir -p "$WINEPREFIX"
	"${wine_root[@]}" wineboot -i >/dev/null 2>&1 </dev/null 9>&- || return 1
	# The server that came with that goes when it is idle; only a new one can be told to stay.
	"${wine_root[@]}" wineserver -w >/dev/null 2>&1 </dev/null 9>&- || true
	"${wine_root[@]}" wineserver -p >/dev/null 2>&1 </dev/null 9>&-
	"${wine_root[@]}" wine cmd /c exit >/dev/null 2>&1 </dev/null 9>&-
	"$@" || status=$?
	"${wine_root[@]}" wineserver -k >/dev/null 2>&1 </dev/null 9>&- || true
	return "$status"
}

run_windows() { # DIR
	run_suites "$1" --suite unit --suite headers --timeout-multiplier 3
}

# make_trixie ROOT: Debian 13 with its wine 10, from wherever this machine has its packages from
make_trixie() {
	local root=$1 mirror
	[ ! -e "$root/usr/bin/wine" ] || return 0
	# shellcheck disable=SC2016  # apt's own placeholders
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1) &&
		[ -n "$mirror" ] || return 1
	step "make a Debian 13 root in ${root#"$top"/}"
	rm -rf --one-file-system "$root" "$root.new"
	mkdir -p "${root%/*}"
	quietly mmdebstrap --variant=apt --include=wine64,wine trixie "$root.new" "$mirror" || return 1
	mv "$root.new" "$root"
}

# A second opinion from wine 10, which has placeholders. In a mount namespace of its own the root sees this
# checkout, so what is mounted there ends with it.
check_windows_trixie() {
	local root=$top/build-windows-root/trixie dir=$top/build-windows-trixie
	# shellcheck disable=SC2016  # for the script's shell
	printf '#!/bin/sh\nexec chroot %s env -C "$PWD" -u TMPDIR wine "$@"\n' "$root" >"$top/build-windows-root/wine"
	chmod 755 "$top/build-windows-root/wine"
	# Nothing runs in there before it is mounted, so not meson's own check of the compiler either.
	printf "[binaries]\nexe_wrapper = '%s'\n[properties]\nskip_sanity_check = true\n" "$top/build-windows-root/wine" >"$top/build-windows-root/wine.ini"
	of_library "$dir" --cross-file "$top/cross/windows-x86_64.ini" --cross-file "$top/build-windows-root/wine.ini"
	mkdir -p "$root$top"
	export VMAP_TEST_MIRROR=placeholders
	wine_root=(chroot "$root" env -u TMPDIR)
	wrap=(unshare --mount "$scripts/check" in-trixie "$root")
	run_windows "$dir"
	wrap=()
}

# why_no_trixie: why this machine cannot have a Debian 13 root; says nothing if it can
why_no_trixie() {
	if [ -n "${RINGFS_NO_TRIXIE:-}" ]; then
		echo "RINGFS_NO_TRIXIE is set"
	elif [ -z "${want_trixie:-}${CI:-}" ] && [ ! -e "$top/build-windows-root/trixie/usr/bin/wine" ]; then
		echo "no Debian 13 root here (scripts/check windows makes one)"
	elif [ "$(id -u)" -ne 0 ]; then
		echo "a Debian 13 root needs root"
	elif ! unshare --mount mount -t tmpfs none /mnt 2>/dev/null; then
		echo "a Debian 13 root needs to mount"
	fi
}

# in_trixie ROOT COMMAND...: in a mount namespace that is ours alone
in_trixie() {
	local root=$1
	shift
	mount --bind "$top" "$root$top"
	mount --rbind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	wine_root=(chroot "$root" env -u TMPDIR)
	with_wine "$top/build-windows-root/prefix10" "$@"
}

check_windows() {
	local why
	# Wine is slow: a seventh of the combinations of options; natively all of them are tried.
	export VMAP_TEST_EVERY=7
	wine_root=()
	of_library "$top/build-windows" --cross-file "$top/cross/windows-x86_64.ini"
	# Debian 12's wine 8 has the functions for placeholders and refuses to make them.
	export VMAP_TEST_MIRROR=race
	with_wine "$top/build-windows-root/prefix8" run_windows "$top/build-windows" || broken "run tests under wine"
	why=$(why_no_trixie)
	if [ -n "$why" ]; then
		skip "windows under wine 10" "$why"
	elif make_trixie "$top/build-windows-root/trixie"; then
		check_windows_trixie
	else
		skip "windows under wine 10" "cannot make a Debian 13 root"
	fi
}

# check_emulated PORT [CROSS-FILE]
check_emulated() {
	export VMAP_TEST_EMULATED=1 VMAP_TEST_EVERY=7
	of_library "$top/build-$1" --cross-file "$top/cross/${2:-$1}.ini"
	run_suites "$top/build-$1" --suite unit --timeout-multiplier 10
}

check_arm64() { check_emulated arm64; }

check_s390x() { check_emulated s390x; }

check_musl() {
	of_library "$top/build-musl" --cross-file "$top/cross/musl.ini"
	run_suites "$top/build-musl" --suite unit
}

check_page64k() {
	export QEMU_PAGESIZE=65536
	check_emulated page64k arm64
}

