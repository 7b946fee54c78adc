# SPDX-License-Identifier: MIT
# A ring is mapped from wherever its file can be opened: links, subdirectories, long names, bind mounts, other namespaces, a chroot.
. "$(dirname "$0")/lib.sh"
need unshare
need_root "changes root and namespaces"
unshare -m true 2> "$T/which" || skip "no mount namespace of its own here: $(cat "$T/which")"
start size=64K
mkdir "$T/bind"
mount --bind "$MNT" "$T/bind"
SCRATCH+=("$T/bind")
py "$T" <<'PY'
from maplib import *
here = sys.argv[2]
deep = "a/b/c/" + "d" * 255 + "/" + "e" * 255
os.makedirs(at(deep))
path = make("ring")
os.symlink("../../ring", at("a/b/symlink"))
os.symlink(at("ring"), here + "/outside")
os.link(path, at(deep) + "/" + "h" * 255)
os.chdir(at("a/b"))
wanted = b""
for name in (at("a/b/symlink"), here + "/outside", at(deep) + "/" + "h" * 255, "symlink", "../../ring", here + "/bind/ring"):
    for how in "ro", "rw":
        tool = Tool(name, how)
        if how == "rw":
            wanted += name[-1:].encode()
            tool.append(name[-1:])
        eq("the ring as " + name[-40:], wanted, tool.read() if wanted else b"")
        tool.end()
prefixes = [("unshare", "-m"), ("unshare", "-n"), ("unshare", "-pf", "--kill-child", "--mount-proc")]
if "ASAN_OPTIONS" not in os.environ: # sanitizers need /proc
    os.environ["LD_LIBRARY_PATH"] = HELPERS + "/../../core" # so does a path that is relative to the program
    prefixes += [("unshare", "-pf", "--kill-child"), ("unshare", "-m", "sh", "-c", "umount -l /proc; exec \"$@\"", "sh")]
for prefix in prefixes:
    tool = Tool(path, prefix=prefix)
    tool.append("n")
    wanted += b"n"
    eq("from %s" % (prefix,), wanted, tool.read())
    tool.end(signal.SIGKILL)
eq("the ring's file", wanted, read_path(path))
PY
umount "$T/bind"
SCRATCH=()
stop
