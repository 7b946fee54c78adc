# SPDX-License-Identifier: MIT
# sqlite3 reads a database that was copied to the mount and refuses a write-ahead log there; what it writes is appended as every
# write is, so a database cannot be changed on a ring: the bytes that were copied stay as they were.
. "$(dirname "$0")/lib.sh"
need sqlite3
start size=256K
{
	echo 'create table t(n integer primary key, line text);'
	for ((n = 1; n <= 1000; n++)); do echo "insert into t values($n, 'line $n');"; done
} | sed -e '1i begin;' -e '$a commit;' | sqlite3 "$T/plain.db"
cp "$T/plain.db" "$MNT/copied.db"
ask='pragma integrity_check; select count(*), sum(n), max(line) from t;'
eq "a query of the copy" "$(sqlite3 "$T/plain.db" "$ask")" "$(sqlite3 -readonly "$MNT/copied.db" "$ask")"
eq "a query by a handle that could write" "$(sqlite3 "$T/plain.db" "$ask")" "$(sqlite3 "$MNT/copied.db" "$ask")"
same "the copy" "$T/plain.db" "$MNT/copied.db"

status=0
sqlite3 "$MNT/copied.db" "update t set line = 'changed' where n = 1" > "$T/sqlite.out" 2>&1 || status=$?
head -c "$(size_of "$T/plain.db")" "$MNT/copied.db" > "$T/kept"
same "what had been copied, after an update (status $status)" "$T/plain.db" "$T/kept"
status=0
sqlite3 "$MNT/new.db" "pragma journal_mode = wal; create table t(a); insert into t values(1);" > "$T/sqlite.out" 2>&1 || status=$?
((status != 0)) || fail "a write-ahead log needs a shared mapping, and none was missed: $(cat "$T/sqlite.out")"
stop
