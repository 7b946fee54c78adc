# SPDX-License-Identifier: MIT
# A daemon under a file size limit refuses rings above it with EFBIG and lives on.
. "$(dirname "$0")/lib.sh"
ulimit -S -f 512
start size=1M
ulimit -S -f unlimited
py <<'PY'
import os, sys
from ringlib import *
with raises("a ring above the daemon's limit", errno.EFBIG):
    os.open(sys.argv[1] + "/app.log", os.O_WRONLY | os.O_CREAT, 0o644)
eq("names afterwards", [], os.listdir(sys.argv[1]))
PY
stop
