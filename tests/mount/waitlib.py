# SPDX-License-Identifier: MIT
"""For the cases of bounded rings, waiting and loss: processes that wait, raw system calls, who waits where."""
import contextlib
import ctypes
import errno
import os
import pickle
import select
import signal
import sys
import time
import traceback

from ringlib import *  # the cases want both
from ringlib import DEADLINE, fail, eq, holds, metrics, wait_for

MNT = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
libc.read.restype = libc.write.restype = ctypes.c_ssize_t
PR_SET_PDEATHSIG = 1


def at(name):
    return os.path.join(MNT, name)


def set_attr(path, name, value):
    os.setxattr(path, "user.ring." + name, str(value).encode())


def get_attr(path, name):
    return os.getxattr(path, "user.ring." + name).decode()


def make(name, **attributes):
    """A new ring with these attributes; its path."""
    path = at(name)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    for attribute, value in attributes.items():
        set_attr(path, attribute, value)
    return path


def make_dir(name, **attributes):
    """A directory whose new rings have these attributes; its path."""
    path = at(name)
    os.mkdir(path)
    for attribute, value in attributes.items():
        set_attr(path, attribute, value)
    return path


OPENED = []


def opened(fd):
    OPENED.append(fd)
    return fd


def reader(path, flags=0):
    return opened(os.open(path, os.O_RDONLY | flags))


def writer(path, flags=0):
    return opened(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | flags, 0o644))


def close_opened():
    """In a process that is to have nothing open but its own: a writer that it has inherited is a writer."""
    for fd in OPENED:
        with contextlib.suppress(OSError):
            os.close(fd)


def of_ring(what, path):
    """The metric of one ring; 0 while there is no such ring."""
    return int(metrics(MNT).get('ringfs_ring_%s{ring="%s"}' % (what, os.path.relpath(path, MNT)), 0))


def wait_waiting(path, count):
    """Until so many reads and writes wait on a ring."""
    wait_for("%d waiting on %s" % (count, path), lambda: of_ring("waiting", path) == count)


def raw_read(fd, count):
    """One read(2), EINTR and all."""
    buf = ctypes.create_string_buffer(count)
    got = libc.read(fd, buf, ctypes.c_size_t(count))
    if got < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return buf.raw[:got]


def raw_write(fd, data):
    """One write(2), EINTR and all."""
    got = libc.write(fd, data, ctypes.c_size_t(len(data)))
    if got < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got


def state(pid):
    """The letter that ps shows; None when it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Child:
    """A process that does one thing: what it returned, or the errno it got, is its result. It dies with the case."""

    def __init__(self, do, *args):
        parent = os.getpid()
        self.fd, out = os.pipe()
        for fd in (self.fd, out): # a number that was a ring's once
            while fd in OPENED:
                OPENED.remove(fd)
        self.pid = os.fork()
        if self.pid == 0:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            os.close(self.fd)
            try:
                try:
                    result = do(*args)
                except OSError as error:
                    result = errno.errorcode.get(error.errno, error.errno)
                with open(out, "wb") as file:
                    pickle.dump(result, file)
                os._exit(0)
            except SystemExit as stop:
                print(stop, file=sys.stderr, flush=True)
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(out)

    def result(self):
        """Waits for it."""
        data = b""
        end = time.monotonic() + DEADLINE
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                fail("waited %g s for a process (state %s)" % (DEADLINE, state(self.pid)))
            part = os.read(self.fd, 65536)
            if not part:
                break
            data += part
        os.close(self.fd)
        os.waitpid(self.pid, 0)
        holds("a process ended without a result", data)
        return pickle.loads(data)

    def is_done(self):
        return bool(select.select([self.fd], [], [], 0)[0])

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def reap(self):
        """After kill(): until it is gone for good."""
        end = time.monotonic() + DEADLINE
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > end:
                fail("a process lives %g s after SIGKILL, in state %s" % (DEADLINE, state(self.pid)))
            time.sleep(0.005)
        os.close(self.fd)


def read_in(path, count, flags=0):
    """A process that opens the ring and reads once."""
    return Child(lambda: (close_opened(), os.read(os.open(path, os.O_RDONLY | flags), count))[1])


def write_in(path, data, flags=0):
    """A process that opens the ring and writes once."""
    return Child(lambda: (close_opened(), os.write(writer(path, flags), data))[1])


def drain(fd):
    """What can be read without waiting from a descriptor with O_NONBLOCK; end of file ends it too."""
    parts = []
    with contextlib.suppress(BlockingIOError):
        while True:
            part = os.read(fd, 65536)
            if not part:
                break
            parts.append(part)
    return b"".join(parts)


def poll_now(fd, events=0xffff & ~select.POLLNVAL):
    """What poll(2) says without waiting."""
    poller = select.poll()
    poller.register(fd, events)
    found = poller.poll(0)
    return found[0][1] if found else 0


def poll_until(fd, events):
    """Waits for one of the events; all that poll(2) says then."""
    poller = select.poll()
    poller.register(fd, events)
    found = poller.poll(DEADLINE * 1000)
    holds("waited %g s for events %#x" % (DEADLINE, events), found)
    return found[0][1]
