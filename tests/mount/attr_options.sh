# SPDX-License-Identifier: MIT
# Every attribute as a mount option: new rings have it, and rings that set none of their own follow the mount they are on.
. "$(dirname "$0")/lib.sh"
show() {
	py "$@" << 'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
for name in ("old", "new"):
    path = mount + "/" + name
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
    print(*[os.getxattr(path, "user.ring." + attr).decode() for attr in ("capacity", "policy", "align", "full", "eof", "lost")])
PY
}
start "" "$STORE"
eq "without options" "1048576 overwrite line block end skip" "$(show | sort -u)"
stop
start capacity=100K,policy=bounded,align=byte,full=error,eof=wait,lost=mark "$STORE"
rm "$MNT/new"
eq "all options" "1048576 overwrite byte error wait mark
131072 bounded byte error wait mark" "$(show)"
stop
start size=2M,policy=overwrite,align=line,full=block,eof=end,lost=error "$STORE"
rm "$MNT/new"
eq "the other way round" "1048576 overwrite line block end error
2097152 overwrite line block end error" "$(show)"
stop
need setfattr
start lost=skip,size=64k "$STORE"
setfattr -n user.ring.lost -v mark "$MNT/new" 
stop
start lost=error,size=64K "$STORE"
eq "a ring that has its own" "1048576 overwrite line block end error
2097152 overwrite line block end mark" "$(show)"
stop
