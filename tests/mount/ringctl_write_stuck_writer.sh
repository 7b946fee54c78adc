# SPDX-License-Identifier: MIT
# A writer that has stopped with the ring's lock holds up write for a moment only: who serves the ring locks it out.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
lib=$HELPERS/../../core/libvmap.so
start size=64K
: > "$RING"
cat > "$T/hold.py" <<'PY'
import ctypes, sys, time
lib = ctypes.CDLL(sys.argv[1])
ring, span = ctypes.c_void_p(), ctypes.c_void_p()
assert lib.vmap_shared_attach(sys.argv[2].encode(), ctypes.c_bool(True), ctypes.byref(ring)) == 0
assert lib.vmap_shared_reserve(ring, ctypes.c_size_t(10), ctypes.c_uint64(0), ctypes.byref(span)) == 0
print("held", flush=True)
time.sleep(1000)
PY
bg "$PYTHON" "$T/hold.py" "$lib" "$RING" > "$T/held"
holder=$BGPID
wait_for "the lock to be held" has_text "$T/held" held
lines gen 1 100 > "$MODEL"
timeout "$DEADLINE" "$RINGCTL" write "$RING" < "$MODEL" 2> "$T/said" || fail "it did not go on: $(< "$T/said")"
same "the ring" "$MODEL" "$RING"
says write owner
kill -KILL "$holder"
has_text "$T/mnt.err" "was locked out" || fail "the daemon has locked out nobody"
: > "$T/mnt.err"
stop
