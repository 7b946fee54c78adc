# SPDX-License-Identifier: MIT
# A ring's file that is cut short under its mappings, as who may write it can do, is EIO for that ring, in the daemon and wherever
# vmap_shared_guard() was called; no signal ends anything, no write is said to have been done.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait "$STORE"
py <<'PY'
from maplib import *
innocent = make("innocent")
other = writer(innocent)
for policy in "overwrite", "bounded":
    for size in 0, 65536, 65536 + 4096:
        path = make("%s-%d" % (policy, size), policy=policy)
        fd, source = writer(path), reader(path, os.O_NONBLOCK)
        tools = [Tool(path), Tool(path, "ro"), Tool(path)]
        for tool in tools:
            tool.ask("guard")
        write_all(fd, b"x" * 60000)
        waits = read_in(path, 100)
        file = os.open(tools[2].fd_path(), os.O_RDWR)
        os.ftruncate(file, size)
        os.close(file)
        eq("%s to %d: a mapped append" % (policy, size), "EIO", errno_of(lambda: tools[0].append("*5000")))
        got = errno_of(lambda: tools[1].read(60000))
        if policy == "bounded" and got == "EPIPE": # the reader that waits has consumed first
            got = errno_of(lambda: tools[1].read(60000))
        eq("a mapped read", "EIO", got)
        eq("a write(2)", "EIO", errno_of(lambda: os.write(fd, b"x" * 5000)))
        eq("a read(2)", "EIO", errno_of(lambda: os.read(source, 60000)))
        waits.kill()
        waits.reap()
        os.stat(path)
        write_all(other, b"y")
        for tool in tools:
            tool.end()
        close_these = [os.close(each) for each in (fd, source)]
        OPENED.remove(fd), OPENED.remove(source)
        os.unlink(path)
eq("another ring", b"y" * 6, os.read(reader(innocent), 100))
PY
: > "$T/expected-noise"
grep -v 'the file with inode .* in the store is damaged$' "$T/mnt.err" > "$T/noise" || true
same "what else the daemon said" "$T/expected-noise" "$T/noise"
: > "$T/mnt.err"
stop
