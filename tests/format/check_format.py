#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: check_format.py MAKE_RING GOLDEN...

Rings that libvmap has made, and the golden files, as read_ring.py reads them: the bytes must be the lines that were
appended, from where libvmap says that it starts to the head. Prints TAP."""
import os
import subprocess
import sys
import tempfile

import read_ring

KINDS = ["wrapped", "cleared", "given-up", "queue", "grown", "moved", "policy"]
STREAM = b"".join(b"line %06d of a ring that somebody made\n" % n for n in range(10000))
n_checks = 0


def check(what, wanted, got):
    global n_checks
    n_checks += 1
    print("%s %d - %s" % ("ok" if wanted == got else "not ok", n_checks, what))
    if wanted != got:
        print("# wanted %r, got %r" % (wanted[:100], got[:100]))


def refusal(image):
    try:
        read_ring.read_ring(image)
    except read_ring.Refused as why:
        return str(why)
    return "read"


def main():
    with tempfile.TemporaryDirectory() as work:
        for kind in KINDS:
            path = os.path.join(work, kind)
            said = subprocess.run([sys.argv[1], kind, path], check=True, stdout=subprocess.PIPE).stdout
            start, head = map(int, said.split())
            with open(path, "rb") as file:
                image = file.read()
            check("the bytes of a ring: " + kind, STREAM[start:head], read_ring.read_ring(image))
            damaged = image[:0x28] + bytes([image[0x28] ^ 1]) + image[0x29:]
            check("a bit of the geometry, " + kind, "damaged: checksum", refusal(damaged))
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            image = file.read()
        if sys.byteorder == "little":
            got = read_ring.read_ring(image)
            check("the bytes of the golden " + os.path.basename(path), True, len(got) > 30000 and got in STREAM)
        else:
            check("the golden file is of another byte order", "another byte order", refusal(image))
    print("1..%d" % n_checks)


main()
