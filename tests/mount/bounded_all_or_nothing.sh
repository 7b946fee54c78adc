# SPDX-License-Identifier: MIT
# Writes up to the capacity by several writers at once land whole and contiguous, whatever waits in between.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,align=byte
py << 'PY'
from waitlib import *
import hashlib


def record(who, n):
    """A record of 24 to 65536 bytes, with its length and who wrote it at the front."""
    size = 65536 if n == 7 else 24 + (who * 7919 + n * n * 104729) % 30000
    body = b"%d:%d:%d:" % (size, who, n)
    return body + bytes([65 + (who + n) % 26]) * (size - len(body))


def produce(path, who):
    fd = writer(path)
    for n in range(40):
        write_all(fd, record(who, n))


path = make("queue")
keep = writer(path)
writers = [Child(produce, path, who) for who in range(4)]
source = reader(path)
data = b""
total = sum(len(record(who, n)) for who in range(4) for n in range(40))
while len(data) < total:
    data += os.read(source, 4096 + len(data) % 60000)
for child in writers:
    child.result()
seen, at_byte = {who: 0 for who in range(4)}, 0
while at_byte < len(data):
    size, who, n = (int(word) for word in data[at_byte:at_byte + 40].split(b":")[:3])
    eq("record %d of writer %d" % (n, who), record(who, n), data[at_byte:at_byte + size])
    eq("the order of writer %d" % who, seen[who], n)
    seen[who] += 1
    at_byte += size
eq("records", {who: 40 for who in range(4)}, seen)
PY
stop
