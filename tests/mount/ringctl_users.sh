# SPDX-License-Identifier: MIT
# ringctl gives a second user no more than the modes do.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
need_second_user
start size=64K,allow_other
cd "$MNT"
mkdir -m 1777 tmp
echo kept | tee open closed > drop
chmod 644 open
chmod 600 closed
chmod 622 drop
echo kept > shared
chmod 666 shared
RINGCTL_AS_ROOT=$RINGCTL
cat > "$T/ringctl" <<'SH'
#!/bin/sh
# Built to count its lines, it may not add to root's counts, and would say so.
export GCOV_PREFIX="${0%/*}/counts"
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$RINGCTL_AS_ROOT" "$@"
SH
chmod 755 "$T/ringctl"
mkdir -m 1777 "$T/counts"
export RINGCTL_AS_ROOT
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$RINGCTL_AS_ROOT" || skip "a second user cannot run ringctl"
RINGCTL=$T/ringctl
refused 1 "set: open: align 'byte': Permission denied" set align=byte open
refused 1 "clear: open: Permission denied" clear open
refused 1 "set: shared: map 'rw': only the owner may set it" set eof=wait map=rw shared
has shared eof=end map=owner
for verb in stat cat; do
	refused 1 "$verb: closed: Permission denied" "$verb" closed
done
refused 1 "create: new: Permission denied" create -a align=byte new
refused 1 "set: .: align 'byte': Permission denied" set align=byte .
silent clear drop
eq "what he could clear" 0 "$(stat -c %s drop)"
silent create -a policy=bounded tmp/mine
eq "the owner of his" 65534 "$(stat -c %u tmp/mine)"
ctl 1 ls
eq "an error of ls" "ringctl: ls: closed: Permission denied
ringctl: ls: drop: Permission denied" "$(< "$T/ctl.err")"
has_text "$T/ctl.out" open || fail "ls does not go on after an error"
eq "nothing has changed" "kept kept kept" "$(echo $(cat open closed shared))"
eq "names" "closed drop open shared tmp" "$(echo *)"
cd /
stop
