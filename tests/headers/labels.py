#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The doc comments of the public headers keep to their form.

usage: labels.py HEADER...

1. Every function has a doc comment.
2. Its labels are Units, Owner, Threads, Errors, Source, each once at most, in this order.
3. A function that can fail (int or ssize_t) has Errors; one without Threads is under the Threads of its header's
   head comment.
"""
import re
import sys

ORDER = ["Units", "Owner", "Threads", "Errors", "Source"]
LABEL = re.compile(r"(?:^|[\s*.])(%s):" % "|".join(ORDER))
FUNCTION = re.compile(r"(?:(/\*\*(?:(?!\*/).)*\*/)\n)?^(?:VMAP_API|static inline) ([^;{(]*?)(vmap_\w+)\(", re.S | re.M)


def faults(text):
    """Yields (function, what is wrong); a function without a fault, too, with None."""
    head = text[:text.index("#ifndef")]
    for doc, returns, name in FUNCTION.findall(text):
        if name.endswith("_"):
            continue  # nobody's but the header's own
        yield name, None
        labels = LABEL.findall(doc)
        if not doc:
            yield name, "has no doc comment"
        if sorted(set(labels), key=ORDER.index) != labels:
            yield name, "has its labels in this order: " + ", ".join(labels)
        if returns.split()[0] in ("int", "ssize_t") and "Errors" not in labels:
            yield name, "can fail and has no Errors"
        if "Threads" not in labels and "Threads:" not in head:
            yield name, "has no Threads, nor has its header"


def main():
    found = 0
    bad = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as header:
            for name, fault in faults(header.read()):
                found += fault is None
                bad += fault is not None
                if fault:
                    print(f"{path}: {name} {fault}")
    print(f"{found} functions")
    return found < 30 or bad > 0


if __name__ == "__main__":
    sys.exit(main())
