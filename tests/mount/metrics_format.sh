# SPDX-License-Identifier: MIT
# Every line of .ringfs/metrics is Prometheus text format, whatever the rings are called; version is the program's.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, re, sys
from ringlib import *
mount = os.fsencode(sys.argv[1])
NAMES = [b"plain.log", b'quo"te', b"back\\slash", b"new\nline", b"tab\t", b"cr\r", b"a b", b"{x=\"y\"} 1", b"# HELP x", b"\\n",
         "\u00e4\u20ac\U0001f600".encode(), b"bell\x07", b"\x7f", b"\xff\xfe", b"half\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80",
         b"\xc0\xaf", b"\\xff", b",", b"=", b"''", b"-", b"n" * 255]
DIRS = [b"", b'd"ir\\\n\xfe/', b"d/e/"]
for where in DIRS:
    os.makedirs(mount + b"/" + where, exist_ok=True)
    for name in NAMES:
        with open(mount + b"/" + where + name, "wb") as file:
            file.write(line(7))
os.link(mount + b"/plain.log", mount + b"/linked")
os.symlink(b"plain.log", mount + b"/symlink")
os.mkfifo(mount + b"/fifo")

def parse(text):
    """{(name, labels): value}, or a failure with what is wrong; the grammar of the format's own description."""
    holds("the text ends in a newline", text.endswith("\n"))
    found, types, helps, last, closed = {}, {}, set(), None, set()
    for row in text[:-1].split("\n"):
        if row.startswith("# HELP "):
            name, what = re.fullmatch(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)", row).groups()
            holds("one HELP for " + name, name not in helps)
            helps.add(name)
        elif row.startswith("# TYPE "):
            name, kind = re.fullmatch(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)", row).groups()
            holds("one TYPE for " + name, name not in types)
            holds("HELP before TYPE of " + name, name in helps)
            types[name] = kind
            closed.add(last)
            last = name
        else:
            match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? '
                                 r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|\+Inf|NaN)", row)
            holds("a sample: %r" % row, match)
            name, labels, value = match.groups()
            base = re.sub("_(bucket|sum|count)$", "", name) if types.get(last) == "histogram" else name
            eq("the samples of %s stand together, behind their TYPE" % name, last, base)
            holds("each sample once: %r" % row, (name, labels) not in found)
            found[name, labels] = float(value)
            if types[base] == "counter":
                holds("a counter's name says total: " + name, name.endswith("_total"))
    eq("HELP and TYPE", helps, set(types))
    return found, types

text = read_path(mount + b"/.ringfs/metrics").decode() # UTF-8, or it is no text for Prometheus
found, types = parse(text)
rings = {}
for (name, labels), value in found.items():
    if name == "ringfs_ring_capacity_bytes":
        label = re.fullmatch(r'ring="(.*)"', labels).group(1)
        rings[re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m.group(1), m.group(1)), label)] = value
eq("the number of rings", len(NAMES) * len(DIRS) + 1, len(rings))
eq("the gauge of rings", len(rings), found["ringfs_rings", None])
eq("capacities", {65536.0}, set(rings.values()))
for where in DIRS:
    for name in NAMES:
        try:
            whole = (where + name).decode()
        except UnicodeDecodeError:
            continue
        if whole == "\\xff":
            continue # what \xff is shown as
        holds("the ring %r" % whole, whole in rings)
holds("a hard link is a name of its own", "linked" in rings)
holds("what is no ring is not listed", not {"symlink", "fifo"} & set(rings))
buckets = [(labels, value) for (name, labels), value in found.items() if name == "ringfs_request_latency_seconds_bucket"]
eq("buckets grow", sorted(value for _, value in buckets), [value for _, value in buckets])
eq("the last bucket", ('le="+Inf"', found["ringfs_request_latency_seconds_count", None]), buckets[-1])
PY
version=$("$RINGFS" --version | grep -o '[0-9]\+\.[0-9]\+\.[0-9]\+' | head -n 1)
eq "version" "ringfs $version" "$(cat "$MNT/.ringfs/version")"
stop
