# SPDX-License-Identifier: MIT
# The policy can be set as soon as the last open file is closed, not a moment later.
. "$(dirname "$0")/lib.sh"
start size=64K
py << 'PY'
from waitlib import *
for n in range(300):
    path = make("ring-%d" % n, policy="bounded" if n % 2 else "overwrite")
    os.unlink(path)
path = make("ring")
for n in range(100):
    for policy in ("bounded", "overwrite"):
        set_attr(path, "policy", policy)
        os.close(os.open(path, (os.O_RDONLY, os.O_WRONLY, os.O_RDWR)[n % 3]))
fd = reader(path)
with raises("while it is open", errno.EBUSY):
    set_attr(path, "policy", "bounded")
eq("unchanged", "overwrite", get_attr(path, "policy"))
PY
stop
