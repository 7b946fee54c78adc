# SPDX-License-Identifier: MIT
# What one user's waiting writes take in the daemon is 256 MiB at most: one more is ENOMEM, while others wait as ever, and so does he
# again once some of his are gone.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,policy=bounded,allow_other
py <<'PY'
from maplib import *
full = make("full")
os.chmod(full, 0o666)
write_all(writer(full), b"x" * 65536)

def write():
    os.setgid(65534)
    os.setuid(65534)
    die_with_us() # another user: it is not told by itself any more
    return os.write(os.open(full, os.O_WRONLY), b"y" * (1 << 20))

children = [Child(write) for _ in range(256)]
wait_waiting(full, 256)
eq("one more", "ENOMEM", Child(write).result())
other = Child(lambda: os.write(os.open(full, os.O_WRONLY), b"z"))
wait_waiting(full, 257)
for child in children[:10]:
    child.kill()
for child in children[:10]:
    child.reap()
wait_waiting(full, 247)
again = Child(write)
wait_waiting(full, 248)
for child in children[10:] + [again, other]:
    child.kill()
for child in children[10:] + [again, other]:
    child.reap()
wait_waiting(full, 0)
PY
stop
