# SPDX-License-Identifier: MIT
# Names of any bytes: each is one line for people, and JSON that any parser takes and that gives the bytes back.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
py <<'PY'
import json, os, subprocess, sys
from ringlib import *
os.chdir(sys.argv[1])
ringctl = os.environ["RINGCTL"]
VALID = {"plain": "plain", 'quote"back\\slash': 'quote"back\\134slash', "new\nline\ttab\x7f\x1b": "new\\012line\\011tab\\177\\033",
         "h\u00e4\u20ac\U0001f600": "h\u00e4\u20ac\U0001f600", "c1\u0085": "c1\\302\\205", "-dash": "-dash", " a b ": " a b ",
         "a=b": "a=b"}
BROKEN = {b"\xff": "\\377", b"cut\xe2\x82": "cut\\342\\202", b"surrogate\xed\xa0\x80": "surrogate\\355\\240\\200",
          b"long\xc0\xaf": "long\\300\\257", b"high\xf4\x90\x80\x80": "high\\364\\220\\200\\200",
          b"\x80ok\xc3\xa4": "\\200ok\u00e4"}
wanted = {name.encode(): text for name, text in VALID.items()}
wanted.update(BROKEN)

def run(*args, status=0):
    done = subprocess.run([ringctl, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    eq("the status of %r (%r)" % (args, done.stderr), status, done.returncode)
    return done.stdout if status == 0 else done.stderr

def name_of(item, key):
    if key + "_hex" not in item:
        return item[key].encode("utf-8") # fails for a surrogate
    item[key].encode("utf-8")
    holds("a name that is no UTF-8 shows it: %r" % item[key], "\ufffd" in item[key])
    return bytes.fromhex(item[key + "_hex"])

run("create", "--", *wanted)
rows = run("ls").decode("utf-8").splitlines()
eq("the listing", [wanted[name] for name in sorted(wanted)], [row.split(" 0    0    0  ")[1] for row in rows])
items = json.loads(run("ls", "--json").decode("utf-8"))
eq("names in JSON", sorted(wanted), [name_of(item, "name") for item in items])
eq("paths in JSON", sorted(wanted), [name_of(item, "path") for item in items])
eq("no bytes where a string says it all", len(BROKEN), sum("name_hex" in item for item in items))
eq("a name with a code of its own", "new\nline\ttab\x7f\x1b", [item["name"] for item in items if "line" in item["name"]][0])
for name, text in wanted.items():
    eq("the path of stat", name, name_of(json.loads(run("stat", "--json", "--", name).decode("utf-8"))[0], "path"))
    eq("stat for people", text, run("stat", "--", name).decode("utf-8").split("\n")[0])
    run("set", "align=byte", "--", name)
    eq("it was this one", b"byte", os.getxattr(name, "user.ring.align"))
    run("clear", "--", name)
    eq("an error", "ringctl: create: %s: File exists\n" % text, run("create", "--", name, status=1).decode("utf-8"))
PY
stop
