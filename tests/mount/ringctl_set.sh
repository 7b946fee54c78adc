# SPDX-License-Identifier: MIT
# ringctl set changes attributes of rings, several at once, and an empty value goes back to the mount's.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K,lost=error
cd "$MNT"
write_lines 1 2000
lines gen 1 10 > b=c
silent set capacity=1M align=byte full=error eof=wait lost=mark app.log ./b=c
for ring in app.log b=c; do
	has "$ring" capacity=1048576 policy=overwrite align=byte full=error eof=wait lost=mark
done
silent set eof= lost= full= align= app.log
has app.log align=line full=block eof=end lost=error
same "contents after growing" <(expected 65536) app.log
silent set capacity=64K policy=bounded -- app.log
has app.log capacity=65536 policy=bounded
silent set policy=bounded capacity=65536 app.log
ln -s "$MNT/app.log" "$T/link"
silent set policy=overwrite "$T/link"
has app.log policy=overwrite
silent set align=byte -- b=c
has b=c align=byte
cd /
stop
