# SPDX-License-Identifier: MIT
# ringctl stat prints one fact a line, sizes with K and M where they are exact.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
mkdir dir
silent set capacity=3M policy=bounded dir
head -c 100000 /dev/zero | tr '\0' '\n' > app.log
exec 3>> app.log 4< app.log
ctl 0 stat app.log dir
exec 3>&- 4<&-
cat > "$T/wanted" <<'TEXT'
app.log
  capacity     64K
  policy       overwrite
  align        line
  full         block
  eof          end
  lost         skip
  map          owner
  head         100000
  tail         34464
  held         64K
  overwritten  34464
  lost bytes   0
  readers      1
  writers      1
dir (directory, defaults for new rings)
  capacity     3M
  policy       bounded
  align        -
  full         -
  eof          -
  lost         -
  map          -
TEXT
same "stat" "$T/wanted" "$T/ctl.out"
cd /
stop
