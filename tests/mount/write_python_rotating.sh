# SPDX-License-Identifier: MIT
# Python's RotatingFileHandler (seeks to the end to learn the size, renames): the same files as on a plain directory.
. "$(dirname "$0")/lib.sh"
start size=64K
mkdir "$T/plain"
py "$T/plain" <<'PY'
import logging, logging.handlers, sys
for directory in sys.argv[1:3]:
    log = logging.getLogger(directory)
    log.setLevel(logging.INFO)
    handler = logging.handlers.RotatingFileHandler(directory + "/app.log", maxBytes=20000, backupCount=3)
    log.addHandler(handler)
    for n in range(3000):
        log.info("record %05d: %s", n, "x" * (n % 50))
    handler.close()
PY
eq "the names" "app.log app.log.1 app.log.2 app.log.3" "$(cd "$MNT" && echo *)"
diff -r "$T/plain" "$MNT" >&2 || fail "the rotated files differ"
stop
