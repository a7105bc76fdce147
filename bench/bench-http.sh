#!/usr/bin/env bash
# Requests a second, beside the least that the library can do, and how long a quick request takes beside slow ones.
#   bench/bench-http.sh [BUILD] [SECONDS]      needs wrk; listens on loopback only
set -euo pipefail
build=${1:-build} seconds=${2:-5}
command -v wrk >/dev/null || { echo "wrk is not installed" >&2; exit 69; }
ninja -C "$build" tests/test-server bench/bench-hello >/dev/null
dir=$(mktemp -d) && trap 'kill $server 2>/dev/null || true; exec 3>&- || true; wait; rm -rf "$dir"' EXIT

"$build/tests/test-server" "$dir/data" workers=4 >"$dir/port" & server=$!
mkfifo "$dir/hold"
"$build/bench/bench-hello" <"$dir/hold" >"$dir/hello" &
exec 3>"$dir/hold"
for _ in $(seq 50); do [ -s "$dir/port" ] && [ -s "$dir/hello" ] && break; sleep 0.1; done
ours=http://127.0.0.1:$(cat "$dir/port") plain=http://127.0.0.1:$(cat "$dir/hello")
session=(-H 'Cookie: bihuan=one')

measure() { # name, url, then more for wrk
    local name=$1 url=$2; shift 2
    wrk -t1 -c16 -d"${seconds}s" --latency "$@" "$url" >"$dir/wrk"
    awk -v name="$name" '/Requests\/sec/ {rate=$2} /50%/ {p50=$2} /99%/ {p99=$2} /Non-2xx/ {bad=" (" $0 ")"}
        END {printf "%-58s %9.0f/s  p50 %8s  p99 %8s%s\n", name, rate, p50, p99, bad}' "$dir/wrk"
}
paced() { # name: /healthz 100 times, 20 ms apart, on one connection; the slowest and the 99th
    python3 - "$1" "$ours" <<'PY'
import http.client, sys, time
c = http.client.HTTPConnection(sys.argv[2][7:])
took = []
for _ in range(100):
    began = time.perf_counter()
    c.request("GET", "/healthz"); c.getresponse().read()
    took.append((time.perf_counter() - began) * 1000)
    time.sleep(0.02)
took.sort()
print(f"{sys.argv[1]:58} p50 {took[49]:6.2f} ms  p99 {took[98]:6.2f} ms  most {took[99]:6.2f} ms")
PY
}
request() { curl -s -o /dev/null -b bihuan=one -H 'X-CSRF-Token: csrf-one' "$@"; }

measure "libmicrohttpd alone (hello)" "$plain/"
measure "/healthz" "$ours/healthz"
measure "/ (embedded page)" "$ours/"
measure "/api/v1/jobs (session, worker, read from the store)" "$ours/api/v1/jobs" "${session[@]}"
paced "/healthz, nothing else"
for _ in 1 2 3 4; do request "$ours/test/sleep?ms=4000" & sleepers+=" $!"; done; sleep 0.2
paced "/healthz, every worker asleep"; wait $sleepers
request -X POST "$ours/test/bulk?ms=6000" & bulk=$!; sleep 0.2
paced "/healthz, beside a long bulk write"
python3 - "$ours" <<'PY'
import http.client, sys, time
c = http.client.HTTPConnection(sys.argv[1][7:])
took = []
for _ in range(10):
    began = time.perf_counter()
    c.request("POST", "/test/small", headers={"Cookie": "bihuan=one", "X-CSRF-Token": "csrf-one"}); c.getresponse().read()
    took.append((time.perf_counter() - began) * 1000)
print(f"{'a small write, beside a long bulk write':58} p50 {sorted(took)[4]:6.2f} ms  most {max(took):6.2f} ms")
PY
wait $bulk
