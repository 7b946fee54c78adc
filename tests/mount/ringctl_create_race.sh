# SPDX-License-Identifier: MIT
# A ring that ringctl creates has its attributes from the moment it is there, and of many who create one name one does.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
py <<'PY'
import os, subprocess, sys, threading
from ringlib import *
mount, ringctl = sys.argv[1], os.environ["RINGCTL"]
stop, seen = threading.Event(), []

def look():
    while not stop.is_set():
        for name in range(20):
            try:
                seen.append(os.getxattr("%s/%d" % (mount, name), "user.ring.policy"))
                os.close(os.open("%s/%d" % (mount, name), os.O_RDONLY | os.O_NONBLOCK))
            except FileNotFoundError:
                pass

thread = threading.Thread(target=look)
thread.start()
try:
    for name in range(20):
        path = "%s/%d" % (mount, name)
        runs = [subprocess.Popen([ringctl, "create", "-a", "policy=bounded", path], stderr=subprocess.PIPE) for _ in range(3)]
        texts = [run.communicate()[1] for run in runs]
        eq("exit codes", [0, 1, 1], sorted(run.returncode for run in runs))
        eq("messages", {b"", b"ringctl: create: %s: File exists\n" % os.fsencode(path)}, set(texts))
finally:
    stop.set()
    thread.join()
eq("policies seen", {b"bounded"}, set(seen))
eq("names", sorted(str(name) for name in range(20)), sorted(os.listdir(mount)))
PY
stop
