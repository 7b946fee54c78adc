#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads a ring's file by docs/FORMAT.md alone, without libvmap.

usage: read_ring.py FILE        prints the bytes that can be read
       read_ring.py --state FILE   prints what the header says, a name and a number in a line

For files that nobody is writing to: it takes every word at its leisure.
"""
import struct
import sys

UNIT = 65536
MOST = 2**63 - 1
GEOMETRY = struct.Struct("=8sHHIIIIIQQIIII16sQQQQQII")
WORDS = {"wlock": (0x080, "=I"), "steals": (0x084, "=I"), "intent": (0x100, "=Q"), "head": (0x108, "=Q"), "floor": (0x110, "=Q"),
         "state": (0x11c, "=I"), "spoilt": (0x120, "=Q"), "line_tail": (0x128, "=Q"), "tail": (0x180, "=Q"),
         "records": (0x300, "=Q"), "bytes": (0x308, "=Q"), "drops_full": (0x310, "=Q"), "overwritten": (0x328, "=Q"),
         "lost": (0x330, "=Q")}


class Refused(Exception):
    pass


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def refuse_unless(condition, why):
    if not condition:
        raise Refused(why)


def geometry_of(image):
    refuse_unless(len(image) >= 8 and image[:8] == b"\x89VRNG\r\n\x1a", "no ring")
    refuse_unless(len(image) >= GEOMETRY.size, "cut short")
    (_, major, _, bom, header_size, incompat, _, _, data_offset, capacity, policy, _, _, _, _, generation, _, base, attributes,
     first_offset, shape, crc) = GEOMETRY.unpack_from(image)
    refuse_unless(bom == 0x01020304, "another byte order")
    refuse_unless(major == 1, "another version")
    refuse_unless(crc == crc32c(image[:0x7c]), "damaged: checksum")
    refuse_unless(incompat == 0 and policy in (1, 2), "an unknown feature")
    refuse_unless(header_size == UNIT and data_offset % UNIT == 0 and data_offset >= UNIT and capacity % UNIT == 0 and
                  0 < capacity <= 2**44 and data_offset + capacity <= len(image) and base <= MOST and
                  first_offset <= data_offset - UNIT, "damaged: geometry")
    return {"data_offset": data_offset, "capacity": capacity, "bounded": policy == 2, "generation": generation, "base": base,
            "attributes": attributes, "shape": shape}


def words_of(image, geometry):
    header = geometry["data_offset"] - UNIT
    words = {name: struct.unpack_from(code, image, header + offset)[0] for name, (offset, code) in WORDS.items()}
    words["tail"] &= MOST
    refuse_unless(words["floor"] <= words["head"] <= words["intent"] <= min(MOST, words["head"] + geometry["capacity"]) and
                  geometry["base"] <= words["head"], "damaged: positions")
    return words


def window_of(geometry, words):
    if geometry["bounded"]:
        start = max(geometry["base"], words["tail"])
        refuse_unless(start <= words["head"] <= start + geometry["capacity"], "damaged: tail")
    else:
        start = max(words["floor"], geometry["base"], words["intent"] - geometry["capacity"])
    return start, words["head"]


def read_ring(image):
    geometry = geometry_of(image)
    start, head = window_of(geometry, words_of(image, geometry))
    data = image[geometry["data_offset"]:geometry["data_offset"] + geometry["capacity"]]
    at = start % geometry["capacity"]
    return (data + data)[at:at + max(0, head - start)]


def main():
    arguments = sys.argv[1:]
    state = arguments[:1] == ["--state"]
    with open(arguments[-1], "rb") as file:
        image = file.read()
    try:
        if state:
            geometry = geometry_of(image)
            words = words_of(image, geometry)
            start, head = window_of(geometry, words)
            for name, value in {"start": start, "head": head, **geometry, **words}.items():
                print(name, int(value))
        else:
            sys.stdout.buffer.write(read_ring(image))
    except Refused as why:
        sys.exit("read_ring.py: %s: %s" % (arguments[-1], why))


if __name__ == "__main__":
    main()
