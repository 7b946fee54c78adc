# SPDX-License-Identifier: MIT
# What is unread when a store is unmounted is there after the next mount, its policy too; SIGTERM lets those who wait go with an error.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K "$STORE"
write_lines 1 800 "$MNT/queue"
dd if="$MNT/queue" of="$T/taken" bs=1000 count=3 status=none
stop
start size=64K "$STORE"
py "$T/taken" "$MODEL" << 'PY'
from waitlib import *
with open(sys.argv[2], "rb") as taken, open(sys.argv[3], "rb") as model:
    start, data = taken.read(), model.read()
path = at("queue")
eq("the policy", "bounded", get_attr(path, "policy"))
eq("all bytes", data, start + read_to_end(reader(path)))
write_all(writer(path), b"left\n" + b"x" * 65531)
PY
: > "$T/ready"
export T
wait_for_ever() {
	py << 'PY'
from waitlib import *
set_attr(MNT, "policy", "bounded")
empty = make("empty")
keep = writer(empty)
children = [Child(lambda: os.read(os.open(empty, os.O_RDONLY), 10)) for _ in range(5)]
children += [Child(lambda: os.write(os.open(at("queue"), os.O_WRONLY), b"y")) for _ in range(5)]
wait_waiting(empty, 5)
wait_waiting(at("queue"), 5)
with open(os.environ["T"] + "/ready", "w") as file:
    file.write("ready")
for child in children:
    result = child.result()
    holds("an error, not %r" % result, result in ("ENOTCONN", "ECONNABORTED", "ENODEV", "EIO"))
PY
}
bg wait_for_ever
waiting=$BGPID
wait_for "readers and writers" has_text "$T/ready" ready
kill -TERM "${DAEMON[$MNT]}"
ended "$MNT"
wait "$waiting" || fail "those who waited"
start size=64K "$STORE"
eq "nothing of what waited was written" 65536 "$(size_of "$MNT/queue")"
read -r first < "$MNT/queue"
eq "the first line" "left" "$first"
stop
