# SPDX-License-Identifier: MIT
# Signals end follow after what it has read is written, with the status that a shell expects; one that was ignored does not.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
py <<'PY'
import os, signal, subprocess, sys
from ringlib import *
for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    signal.signal(number, signal.SIG_DFL) # nohup, and shells in the background, hand on that they are ignored
path = sys.argv[1] + "/app.log"
with open(path, "wb") as file:
    file.write(b"line\nno end yet")
def run(out, **how):
    return subprocess.Popen([os.environ["RINGCTL"], "follow", path], stdout=out, stderr=subprocess.PIPE, **how)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    process = run(subprocess.PIPE)
    eq("the line", b"line\n", os.read(process.stdout.fileno(), 100))
    process.send_signal(number) # the rest may be held still
    out, err = process.communicate(timeout=DEADLINE)
    eq("the rest", b"no end yet", out)
    eq("stderr", b"", err)
    eq("the end by %s" % number, -number, process.returncode)
# Blocked in a write that nobody reads.
read, write = os.pipe()
os.set_blocking(write, False)
try:
    while True:
        os.write(write, bytes(65536))
except BlockingIOError:
    pass
os.set_blocking(write, True)
process = run(write)
wait_for("it to block", lambda: "pipe" in open("/proc/%d/wchan" % process.pid).read())
process.send_signal(signal.SIGINT)
eq("the end while blocked", -signal.SIGINT, process.wait(timeout=DEADLINE))
eq("stderr", b"", process.communicate()[1])
# Ignored, as nohup does it.
process = run(subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
eq("the line", b"line\n", os.read(process.stdout.fileno(), 100))
process.send_signal(signal.SIGHUP)
with open(path, "ab") as file:
    file.write(b"\nmore\n")
got = b""
while not got.endswith(b"more\n"):
    got += os.read(process.stdout.fileno(), 100)
eq("what comes behind an ignored signal", b"no end yet\nmore\n", got)
process.send_signal(signal.SIGTERM)
process.communicate(timeout=DEADLINE)
eq("the end by SIGTERM", -signal.SIGTERM, process.returncode)
PY
stop
