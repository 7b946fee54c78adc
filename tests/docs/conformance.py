# SPDX-License-Identifier: MIT
"""Every row of the conformance table names cases, and every case it names exists and is run.

    conformance.py CONFORMANCE.md MOUNT_MESON_BUILD
"""
import os
import re
import sys


def problems(table, build):
    with open(build, encoding="utf-8") as file:
        registered = set(re.findall(r"'(\w+)(?:\.sh)?'", file.read()))
    cases = os.path.dirname(build)
    with open(table, encoding="utf-8") as file:
        rows = [(n, row) for n, row in enumerate(file, 1) if row.startswith("|")]
    if len(rows) < 20:
        yield "%s: no table" % table
    for n, row in rows:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
        if cells[0] == "operation" or set(row) <= set("|- \n"):
            continue
        if len(cells) != 5:
            yield "%s:%d: %d cells, not 5" % (table, n, len(cells))
            continue
        named = re.findall(r"`([^`]+)`", cells[4])
        if not named or re.sub(r"`[^`]+`|\s", "", cells[4]):
            yield "%s:%d: the last cell must name cases and nothing else: %s" % (table, n, cells[4])
        for case in named:
            if not os.path.exists(os.path.join(cases, case + ".sh")):
                yield "%s:%d: there is no case %s" % (table, n, case)
            elif case not in registered:
                yield "%s:%d: the case %s is not run" % (table, n, case)


found = list(problems(*sys.argv[1:3]))
print("\n".join(found), end="\n" if found else "")
sys.exit(1 if found else 0)
