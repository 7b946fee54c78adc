# SPDX-License-Identifier: MIT
# A size that is 0, negative, signed, empty, has junk behind it, overflows or is larger than the store can ever hold.
. "$(dirname "$0")/lib.sh"
. "$HERE/refuse.sh"
for size in 0 0K -1 -4M +4M 4X 4MB 4.5M 0x10 "4 M" " 4M" "4M " K 1e6 4M4; do
	refused 2 "'$size'" "$MNT" -o "size=$size"
done
for size in 18446744073709551616 99999999999999999999999999 18446744073709551615 17179869184G 16385G \
	17592186044417; do
	refused 2 "'$size'" "$MNT" -o "size=$size"
done
refused 2 "size" "$MNT" -o size=
refused 2 "size" "$MNT" -o size
memory=$(df --output=size -B 1G /dev/shm | tail -n 1)
refused '1|2' "size $(((memory + 2) << 30)):" "$MNT" -o "size=$((memory + 2))G"
# More than the store's file system has in all.
if ((EUID == 0)); then
	scratch_tmpfs "$STORE" 4M
	refused '1|2' "size 5242880:" "$STORE" "$MNT" -o size=5M
	refused '1|2' "size 17592186044416:" "$STORE" "$MNT" -o size=16384G
	umount "$STORE"
	SCRATCH=()
fi
