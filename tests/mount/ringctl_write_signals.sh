# SPDX-License-Identifier: MIT
# A signal ends write after what it has read is appended, with the status that a shell expects; with -i SIGINT does not.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
py <<'PY'
import os, signal, subprocess, sys
from ringlib import *
for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    signal.signal(number, signal.SIG_DFL) # nohup, and shells in the background, hand on that they are ignored
path = sys.argv[1] + "/app.log"
def run(*more):
    process = subprocess.Popen([os.environ["RINGCTL"], "write", *more, path], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b"a line\nthe rest")
    process.stdin.flush()
    wait_for("the line", lambda: os.path.exists(path) and read_path(path) == b"a line\n")
    return process
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    process = run()
    process.send_signal(number)
    eq("the end by %s" % number, -number, process.wait(timeout=DEADLINE))
    eq("stderr", b"", process.stderr.read())
    eq("what is there", b"a line\nthe rest", read_path(path))
    os.truncate(path, 0)
for option in ("-i", "--ignore-interrupts"):
    process = run(option)
    process.send_signal(signal.SIGINT)
    process.stdin.write(b" of it\n")
    eq("stderr", (None, b""), process.communicate(timeout=DEADLINE))
    eq("the end with " + option, 0, process.returncode)
    eq("what is there", b"a line\nthe rest of it\n", read_path(path))
    os.truncate(path, 0)
# One that waits for room says what it could not write.
os.unlink(path)
os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
os.setxattr(path, "user.ring.policy", b"bounded")
process = subprocess.Popen([os.environ["RINGCTL"], "write", path], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
data = b"".join(line64(n) for n in range(1025))
process.stdin.write(data)
process.stdin.flush()
wait_for("the ring to fill", lambda: os.stat(path).st_size == 65536)
process.send_signal(signal.SIGTERM)
eq("the end while it waits", -signal.SIGTERM, process.wait(timeout=DEADLINE))
eq("stderr", b"ringctl: write: %s: told to stop: 64 bytes were read and not written\n" % os.fsencode(path), process.stderr.read())
PY
stop
