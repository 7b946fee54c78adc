# SPDX-License-Identifier: MIT
"""For the cases of mapped rings: a process with a ring mapped, that does as it is told (map_tool.c)."""
import fcntl
import os
import select
import socket
import struct
import subprocess

from waitlib import *  # the cases want all of it
from waitlib import MNT, DEADLINE, contextlib, errno, fail, signal

HELPERS = os.environ["HELPERS"]
IOC_HANDOVER = 2 << 30 | 64 << 16 | ord("R") << 8 | 2


def die_with_us():
    """In a process of the case: it does not outlive it."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Tool:
    """A process with at most one ring mapped. `prefix` runs it: unshare, setpriv."""

    def __init__(self, path=None, how="rw", prefix=()):
        self.process = subprocess.Popen([*prefix, os.path.join(HELPERS, "map_tool")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, preexec_fn=die_with_us)
        self.pid = self.process.pid
        self.text = b""
        if path:
            self.attach(path, how)

    def send(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self):
        """The value, or OSError."""
        end = time.monotonic() + DEADLINE
        while b"\n" not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                fail("waited %g s for a process with a mapped ring (state %s)" % (DEADLINE, state(self.pid)))
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                fail("a process with a mapped ring has ended: %s" % self.process.wait())
            self.text += part
        line, self.text = self.text.split(b"\n", 1)
        word, _, value = line.decode().partition(" ")
        if word != "ok":
            number = getattr(errno, word)
            raise OSError(number, os.strerror(number))
        return value

    def has_answered(self):
        return b"\n" in self.text or bool(select.select([self.process.stdout], [], [], 0)[0])

    def ask(self, *words):
        self.send(*words)
        return self.answer()

    def attach(self, path, how="rw"):
        self.ask("attach", how, path)

    def append(self, text):
        return int(self.ask("append", text))

    def read(self, count=65536):
        return bytes.fromhex(self.ask("read", count))

    def fd_path(self):
        """Its descriptor of the ring's own file, as others find it."""
        return "/proc/%d/fd/%s" % (self.pid, self.ask("fd"))

    def sleeps(self, *words):
        """Send what waits, and wait until it sleeps."""
        self.send(*words)
        wait_for("a process to sleep", lambda: state(self.pid) == "S" and not self.has_answered())

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def ticket(fd):
    """Ask for a hand-over and go no further: the name of the socket."""
    answer = bytearray(64)
    fcntl.ioctl(fd, IOC_HANDOVER, answer)
    return answer[8:].split(b"\0")[0].decode()


def connect(directory, name):
    """The socket of a hand-over, or OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    fd = os.open(directory, os.O_PATH)
    try:
        sock.connect("/proc/self/fd/%d/%s" % (fd, name))
    except OSError:
        sock.close()
        raise
    finally:
        os.close(fd)
    return sock


def take(sock):
    """The descriptors that come; none when it is closed instead."""
    sock.settimeout(DEADLINE)
    _, controls, _, _ = sock.recvmsg(64, socket.CMSG_SPACE(16))
    return [fd for _, _, data in controls for fd in struct.unpack("%di" % (len(data) // 4), data)]


def as_user(uid, do):
    """Run it in a process of that user; what it returns, or the name of the errno it got."""
    def child():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        return do()
    return Child(child).result()


def errno_of(do):
    """The name of the errno, or None."""
    try:
        do()
    except OSError as error:
        return errno.errorcode[error.errno]
    return None
