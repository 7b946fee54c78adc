# SPDX-License-Identifier: MIT
"""Numbered lines, a model of an overwrite ring, and exact checks for the mount cases.

As a program:
    gen FIRST LAST           the lines FIRST..LAST
    write FIRST LAST FILE    the same, appended to FILE with one write(2) each
    expect CAPACITY FILE     what an open of a ring of CAPACITY bytes shows once FILE's bytes were written
    check FILE               whole lines, consecutive; prints FIRST LAST
    check --gaps FILE        whole lines, strictly growing; prints FIRST LAST MISSING
"""
import contextlib
import errno
import os
import sys
import time

LETTERS = b"abcdefghijklmnopqrstuvwxyz" * 5
DEADLINE = float(os.environ.get("DEADLINE", "30"))


def line(n):
    """Line n: 20 to 80 bytes that follow from n alone, so that a torn or mixed line shows."""
    return b"%08d " % n + LETTERS[n % 26:][:10 + n * 37 % 61] + b"\n"


def line64(n):
    """Line n of exactly 64 bytes."""
    return b"%08d " % n + LETTERS[n % 26:][:54] + b"\n"


class Model:
    """What an overwrite ring must hold: all bytes ever written, and where the readable ones begin."""

    def __init__(self, capacity, align="line"):
        self.capacity, self.align = capacity, align
        self.data, self.floor = bytearray(), 0

    def write(self, data):
        self.data += data
        return data

    def clear(self):
        self.floor = len(self.data)

    @property
    def head(self):
        return len(self.data)

    @property
    def tail(self):
        return max(self.floor, self.head - self.capacity)

    @property
    def oldest(self):
        """The position an open starts at."""
        tail = self.tail
        if self.align == "byte" or tail == self.floor or self.data[tail - 1:tail] == b"\n":
            return tail
        newline = self.data.find(b"\n", tail)
        return tail if newline < 0 else newline + 1

    def live(self):
        return bytes(self.data[self.oldest:])


def fail(message):
    sys.exit("FAIL: " + message)


def show(value):
    text = repr(value)
    return text if len(text) < 200 else text[:120] + " ... " + text[-60:] + " (%d)" % len(value)


def eq(what, wanted, got):
    if wanted != got:
        fail("%s: wanted %s, got %s" % (what, show(wanted), show(got)))


def holds(what, truth):
    if not truth:
        fail(what)


@contextlib.contextmanager
def raises(what, *codes):
    """The block must fail with one of these errnos."""
    names = "/".join(errno.errorcode[code] for code in codes)
    try:
        yield
    except OSError as error:
        if error.errno not in codes:
            fail("%s: wanted %s, got %s" % (what, names, errno.errorcode.get(error.errno, error.errno)))
    else:
        fail("%s: wanted %s, got success" % (what, names))


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            fail("waited %g s for %s" % (DEADLINE, what))
        time.sleep(0.01)


def write_all(fd, data):
    """One write(2), which must take everything."""
    eq("the result of write", len(data), os.write(fd, data))


def read_to_end(fd, block=65536):
    parts = []
    while True:
        part = os.read(fd, block)
        if not part:
            return b"".join(parts)
        parts.append(part)


def read_path(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_to_end(fd)
    finally:
        os.close(fd)


def metrics(mount):
    """All metrics: name with labels -> value."""
    found = {}
    for text in read_path(mount + "/.ringfs/metrics").decode().splitlines():
        if text and not text.startswith("#"):
            name, value = text.rsplit(" ", 1)
            found[name] = float(value)
    return found


def metric(mount, name):
    found = metrics(mount)
    holds("no metric %s in %s" % (name, sorted(found)), name in found)
    return int(found[name])


def check(data, gaps=False, make=line):
    """Whole lines in growing order; without gaps each the successor of the one before."""
    holds("no lines at all", data)
    holds("the last line is torn: %s" % show(data[-100:]), data.endswith(b"\n"))
    first = last = None
    missing = 0
    for text in data[:-1].split(b"\n"):
        try:
            n = int(text[:8])
        except ValueError:
            n = -1
        if n < 0 or text + b"\n" != make(n):
            fail("behind line %s: a torn or foreign line %s" % (last, show(text)))
        if last is None:
            first = n
        elif n <= last:
            fail("line %d after line %d: repeated or out of order" % (n, last))
        else:
            missing += n - last - 1
            if missing and not gaps:
                fail("line %d after line %d: lines are missing" % (n, last))
        last = n
    return first, last, missing


def main(argv):
    if argv[0] == "gen":
        sys.stdout.buffer.write(b"".join(line(n) for n in range(int(argv[1]), int(argv[2]) + 1)))
    elif argv[0] == "write":
        fd = os.open(argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for n in range(int(argv[1]), int(argv[2]) + 1):
            write_all(fd, line(n))
    elif argv[0] == "expect":
        model = Model(int(argv[1]))
        with open(argv[2], "rb") as file:
            model.write(file.read())
        sys.stdout.buffer.write(model.live())
    elif argv[0] == "check":
        with open(argv[-1], "rb") as file:
            first, last, missing = check(file.read(), gaps="--gaps" in argv)
        print(first, last, *([missing] if "--gaps" in argv else []))
    else:
        fail("ringlib.py: unknown command %s" % argv[0])


if __name__ == "__main__":
    main(sys.argv[1:])
