# SPDX-License-Identifier: MIT
# A reader that goes away ends ringctl silently by SIGPIPE, also where the signal was ignored.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=1M
head -c 1000000 /dev/zero > "$RING"
py <<'PY'
import os, signal, subprocess, sys
from ringlib import *
os.chdir(sys.argv[1])
for args in (["cat", "app.log"], ["stat"] + ["app.log"] * 20, ["ls", "--json"], ["--help"]):
    for ignored in (False, True):
        read, write = os.pipe()
        os.close(read)
        run = subprocess.run([os.environ["RINGCTL"]] + args, stdout=write, stderr=subprocess.PIPE, restore_signals=not ignored)
        os.close(write)
        eq("the end of " + args[0], -signal.SIGPIPE, run.returncode)
        eq("stderr of " + args[0], b"", run.stderr)
PY
stop
