# SPDX-License-Identifier: MIT
# ringctl ls lists the rings of a directory in order, one line each, and with -R those below.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
ctl 0 ls
eq "an empty mount" "" "$(< "$T/ctl.out")"
mkdir -p dir/deep empty
mkfifo fifo
ln -s app.log link
ln -s . dir/loop
head -c 100000 /dev/zero > app.log
silent create -a policy=bounded -a capacity=1536K queue .hidden dir/deep/a
: > dir/z
exec 3>> queue 4<> queue 5< app.log
# rows: spaces run together
rows() { sed 's/  */ /g' "$T/ctl.out"; }
top=$'bounded 1536K 0 0 0 .hidden\noverwrite 64K 64K 1 0 app.log\n'
ctl 0 ls
eq "where we are" "${top}bounded 1536K 0 1 2 queue" "$(rows)"
ctl 0 ls -R .
eq "all" "${top}bounded 1536K 0 0 0 dir/deep/a
overwrite 64K 0 0 0 dir/z
bounded 1536K 0 1 2 queue" "$(rows)"
cd /
for options in --recursive -R; do
	ctl 0 ls "$options" "$MNT/dir"
	eq "a directory" $'bounded 1536K 0 0 0 deep/a\noverwrite 64K 0 0 0 z' "$(rows)"
done
ctl 0 ls -R --json "$MNT/dir/"
"$PYTHON" - "$T/ctl.out" "$MNT/dir" <<'PY'
import json, sys
wanted = [{"name": "deep/a", "path": sys.argv[2] + "/deep/a", "policy": "bounded", "capacity": 1572864, "held": 0, "readers": 0,
           "writers": 0},
          {"name": "z", "path": sys.argv[2] + "/z", "policy": "overwrite", "capacity": 65536, "held": 0, "readers": 0,
           "writers": 0}]
found = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit(0 if found == wanted else "FAIL: %r" % found)
PY
exec 3>&- 4>&- 5<&-
ctl 0 ls --json "$MNT/empty"
eq "nothing in JSON" "[]" "$(< "$T/ctl.out")"
refused 1 "ls: $MNT/app.log: is not a directory" ls "$MNT/app.log"
refused 1 "ls: $MNT/nowhere: No such file or directory" ls "$MNT/nowhere"
stop
