# SPDX-License-Identifier: MIT
# nginx logs into a ring through many wraps and, on SIGUSR1, goes over to a new one after a rename: every request is in one of them.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
need nginx
start size=64K
mkdir "$T/nginx"
cat > "$T/nginx.conf" <<CONF
daemon off;
master_process off;
pid $T/nginx/pid;
error_log $MNT/error.log notice;
events { worker_connections 64; }
http {
	log_format bare '\$arg_line \$request_method \$uri \$status \$http_host \$http_user_agent';
	access_log $RING bare;
	client_body_temp_path $T/nginx/body;
	proxy_temp_path $T/nginx/proxy;
	fastcgi_temp_path $T/nginx/fastcgi;
	uwsgi_temp_path $T/nginx/uwsgi;
	scgi_temp_path $T/nginx/scgi;
	server {
		listen unix:$T/nginx/socket;
		location / { return 204; }
	}
}
CONF
bg nginx -p "$T/nginx" -c "$T/nginx.conf" -e "$T/nginx/early.log" > "$T/nginx.out" 2>&1
nginx=$BGPID
ON_TIMEOUT=(cat "$T/nginx.out" "$T/nginx/early.log")
request() { # FIRST LAST: one request a line, over one connection at a time
	py "$T/nginx/socket" "$1" "$2" <<-'PY'
		import socket, sys
		from ringlib import *
		first, last = map(int, sys.argv[3:])
		connection = None
		for n in range(first, last + 1):
		    if connection is None:
		        connection = socket.socket(socket.AF_UNIX)
		        connection.connect(sys.argv[2])
		        answers = connection.makefile("rb")
		    connection.sendall(b"GET /?line=%d HTTP/1.1\r\nHost: ring\r\nUser-Agent: somebody\r\n\r\n" % n)
		    eq("the answer", b"HTTP/1.1 204 No Content\r\n", answers.readline())
		    closes = False
		    while (header := answers.readline()) != b"\r\n":
		        closes |= header.lower() == b"connection: close\r\n"
		    if closes:
		        connection = None
	PY
}
wait_for "nginx to listen" test -S "$T/nginx/socket"
wanted() { seq -f '%g GET / 204 ring somebody' "$1" "$2" > "$T/wanted"; }
request 10001 13000
wanted 10001 13000
(($(size_of "$T/wanted") > 65536)) || fail "the ring has not wrapped"
lines expect 65536 "$T/wanted" > "$T/newest"
logged() { [[ $(tail -n 1 "$RING") == "$1 "* ]]; }
wait_for "the last request" logged 13000
same "the ring that has wrapped" "$T/newest" "$RING"

mv "$RING" "$RING.1"
request 13001 13050
kill -USR1 "$nginx"
has_reopened() { [[ $(readlink "/proc/$nginx/fd/"*) == *"$RING"$'\n'* ]]; }
wait_for "nginx to open the new ring" has_reopened
request 13051 13100
wait_for "the last request" logged 13100
wanted 13051 13100
same "the new ring" "$T/wanted" "$RING"
wanted 10001 13050
lines expect 65536 "$T/wanted" > "$T/newest"
same "the old ring" "$T/newest" "$RING.1"
eq "emergencies in nginx's own log" "" "$(grep -E '\[(alert|emerg|crit|error)\]' "$MNT/error.log" || true)"
end_bg "$nginx"
stop
