# SPDX-License-Identifier: MIT
# sqlite3 reads a database that was copied to the mount; changing or making one there is an error at once, and the copy stays
# as it was.
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

refused() { # WHAT FILE SQL
	local status=0
	sqlite3 "$MNT/$2" "$3" > "$T/sqlite.out" 2>&1 || status=$?
	((status != 0)) || fail "$1 went well: $(cat "$T/sqlite.out")"
	has_text "$T/sqlite.out" "disk I/O error" || fail "$1 gave: $(cat "$T/sqlite.out")"
}
refused "an update" copied.db "update t set line = 'changed' where n = 1"
refused "an update with a journal in memory" copied.db "pragma journal_mode = memory; update t set line = 'changed' where n = 1"
refused "a new database" new.db "create table t(a); insert into t values(1);"
refused "a write-ahead log" wal.db "pragma journal_mode = wal; create table t(a); insert into t values(1);"
eq "a query afterwards" "$(sqlite3 "$T/plain.db" "$ask")" "$(sqlite3 "$MNT/copied.db" "$ask")"
same "the copy, after all that" "$T/plain.db" "$MNT/copied.db"
stop
