# SPDX-License-Identifier: MIT
# ringctl set on a directory gives the rings made below it later their attributes; an empty value takes that back.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
mkdir -p dir/below
: > dir/before
silent set capacity=200K policy=bounded full=error dir
has dir capacity=262144 policy=bounded full=error align= eof= lost=
: > dir/below/after
has dir/below/after capacity=262144 policy=bounded full=error
has dir/before capacity=65536 policy=overwrite full=block
silent set policy=overwrite eof=wait dir/below
: > dir/below/nearest
has dir/below/nearest capacity=262144 policy=overwrite eof=wait
silent set capacity= policy= full= lost= dir dir/below
has dir capacity= policy= full=
silent set eof= dir/below
: > dir/below/last
has dir/below/last capacity=65536 policy=overwrite full=block eof=end
silent set capacity=128K .
: > top
has top capacity=131072
cd /
stop
