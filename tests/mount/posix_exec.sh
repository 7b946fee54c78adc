# SPDX-License-Identifier: MIT
# A program in an overwrite ring runs, a script too, and while a writer has it open as well (a plain file would be ETXTBSY); one
# in a bounded ring is EACCES, as in a FIFO, and not a byte of it is consumed.
. "$(dirname "$0")/lib.sh"
start size=16M
cat > "$MNT/script" << 'SCRIPT'
#!/bin/sh
echo "the script ran with $1"
SCRIPT
! "$MNT/script" x > "$T/which" 2>&1 || fail "a file without its x bit ran"
chmod 755 "$MNT/script"
eq "a script" "the script ran with x" "$("$MNT/script" x)"
exec 3>> "$MNT/script"
eq "a script that is open for writing" "the script ran with y" "$("$MNT/script" y)"
exec 3>&-
cat "$(type -P echo)" > "$MNT/echo"
cat "$(type -P true)" > "$MNT/true"
chmod 755 "$MNT/echo" "$MNT/true"
eq "a binary" "hello" "$("$MNT/echo" hello)"
"$MNT/true" || fail "a binary ran and said it failed"
py << 'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
os.mkdir(mount + "/queues")
os.setxattr(mount + "/queues", "user.ring.policy", b"bounded")
path = mount + "/queues/script"
fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o755)
text = b"#!/bin/sh\necho it ran\n"
write_all(fd, text)
with raises("execve of a bounded ring", errno.EACCES):
    os.execv(path, [path])
eq("its bytes", text, os.read(fd, 1000))
PY
stop
