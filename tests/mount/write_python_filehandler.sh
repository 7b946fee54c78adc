# SPDX-License-Identifier: MIT
# Python's logging.FileHandler, from four threads, past the capacity.
. "$(dirname "$0")/lib.sh"
start size=64K
py "$T/order" <<'PY'
import logging, sys, threading
from ringlib import *
mount = sys.argv[1]
log = logging.getLogger("case")
log.setLevel(logging.INFO)
ring = logging.FileHandler(mount + "/app.log")
log.addHandler(ring)

model, order = Model(65536), threading.Lock()
class Beside(logging.Handler):
    """The same records on the side; Logger.handle is serialised by the case, so the order is one."""
    def emit(self, record):
        model.write((self.format(record) + "\n").encode())
beside = Beside()
log.addHandler(beside)
for handler in (ring, beside):
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(threadName)s %(message)s"))
def work():
    for n in range(1000):
        with order:
            log.info("record %d", n)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
eq("the ring", model.live(), read_path(mount + "/app.log"))
holds("the ring wrapped", model.head > 2 * 65536)
PY
stop
