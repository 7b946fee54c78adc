# SPDX-License-Identifier: MIT
# For the cases of programs nobody here wrote: where they are, a terminal for those that need one, rsyslog of the case's own.
#
# Sourced after lib.sh. Programs whose packages would start a service are not installed but unpacked, into $TOOLS, by
# scripts/install-deps.
# shellcheck disable=SC2034 # what lib.sh and the cases use

: "${TOOLS:=$HERE/../../build-tools}"
PATH=$PATH:/usr/sbin:/sbin:$TOOLS/usr/sbin:$TOOLS/usr/bin

# begin_terminal COMMAND: runs it on a screen of 100 columns and 30 rows; the process is $PANE
terminal() { tmux -S "$T/tmux" -f /dev/null "$@"; }
begin_terminal() {
	need tmux
	HOME=$T XDG_CONFIG_HOME=$T/config TERM=screen LESSHISTFILE=- terminal new-session -d -x 100 -y 30 "$1"
	AT_EXIT+=('terminal kill-server 2> "$T/which"')
	PANE=$(terminal display-message -p '#{pane_pid}')
}
screen() { terminal capture-pane -p > "$T/screen"; }
shows() { screen && has_text "$T/screen" "$1"; }
show_screen() { say "$(cat "$T/screen")"; }
keys() { terminal send-keys "$@"; }

# begin_rsyslog MODE: an rsyslogd that follows $RING with imfile and puts the lines into $T/seen
begin_rsyslog() {
	local modules=() found
	need rsyslogd
	mkdir "$T/work"
	: > "$T/seen"
	cat > "$T/rsyslog.conf" <<-CONF
		global(workDirectory="$T/work" maxMessageSize="64k")
		module(load="imfile" mode="$1" pollingInterval="1")
		template(name="bare" type="string" string="%msg%\n")
		ruleset(name="ring") { action(type="omfile" file="$T/seen" template="bare") }
		input(type="imfile" file="$RING" tag="ring" ruleset="ring")
		action(type="omfile" file="$T/rsyslog.own" template="bare")
	CONF
	if [[ $(command -v rsyslogd) == "$TOOLS"/* ]]; then
		found=$(find "$TOOLS/usr/lib" -name imfile.so)
		modules=(-M "${found%/*}")
	fi
	bg rsyslogd -n -f "$T/rsyslog.conf" -i "$T/rsyslog.pid" "${modules[@]}" > "$T/rsyslog.out" 2>&1
	RSYSLOG=$BGPID
	ON_TIMEOUT=(rsyslog_says)
}
rsyslog_says() {
	cat "$T/rsyslog.out" >&2
	[[ ! -e $T/rsyslog.own ]] || cat "$T/rsyslog.own" >&2
	say "lines seen: $(wc -l < "$T/seen"), the last: $(tail -n 1 "$T/seen")"
}

# end_rsyslog: it must end, and must have said nothing but that it began and ended
end_rsyslog() {
	end_bg "$RSYSLOG"
	eq "rsyslog's output" "" "$(cat "$T/rsyslog.out")"
	eq "rsyslog's own messages" "" "$(grep -v 'origin software="rsyslogd"' "$T/rsyslog.own" || true)"
}

# unused MOUNTPOINT: no process has a file or its directory there
unused() { [[ -z $(find /proc/[0-9]*/fd /proc/[0-9]*/cwd \( -lname "$1" -o -lname "$1/*" \) -print -quit 2> "$T/which") ]]; }
