#!/usr/bin/env bash
# The systemd units: how little the service may do, its state as the manager hears it, and a port that the manager opens.
source "$(dirname "$0")/common/run.sh"
deploy=$(cd "$(dirname "$0")/../../deploy" && pwd)

if ! command -v systemd-analyze >/dev/null || ! command -v systemd-socket-activate >/dev/null; then
  echo "skip the systemd units: systemd-analyze and systemd-socket-activate are not installed"
  exit 0
fi

exposure() { systemd-analyze security --offline=yes "$deploy/busbar.service" | sed -n 's/.*exposure level for busbar.service: \([0-9.]*\).*/\1/p'; }
is_confined() { awk -v level="$(exposure)" 'BEGIN { exit !(level != "" && level <= 1.2) }'; }
check "systemd rates the unit's exposure at 1.2 or less" is_confined

understood() {
  sed "s#/usr/local/bin/busbar#$binary#" "$deploy/busbar.service" >"$work/busbar.service"
  cp "$deploy/busbar.socket" "$work/"
  systemd-analyze verify "$work/busbar.service" "$work/busbar.socket" >"$work/complaints" 2>&1
  ! grep -E "busbar\.(service|socket)" "$work/complaints" >&2
}
check "systemd understands the units" understood

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
cat >"$work/config.yaml" <<YAML
listen: 127.0.0.1:$(free_port)
auth: { mode: token, client_tokens: [a-token-for-this-test] }
providers: { local: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private_network: true, api_key_env: NO_SUCH_KEY } }
models: { m: { provider: local, max_concurrent: 4 } }
YAML

# Reads what the service tells its manager; the first line of each message.
cat >"$work/manager.py" <<'PY'
import os, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
with open(sys.argv[2], "w", buffering=1) as heard:
    while True:
        heard.write(manager.recv(4096).decode().splitlines()[0] + "\n")
PY

activates() {
  python3 "$work/manager.py" "$work/notify" "$work/heard" &
  local manager=$!
  for _ in $(seq 50); do [[ -S $work/notify ]] && break; sleep 0.1; done
  NOTIFY_SOCKET="$work/notify" systemd-socket-activate -l "127.0.0.1:$port" -E NOTIFY_SOCKET="$work/notify" "$binary" --config "$work/config.yaml" >"$work/log" 2>&1 &
  server=$!
  local answered=1
  for _ in $(seq 100); do
    curl -fs -o /dev/null "http://127.0.0.1:$port/livez" && { answered=0; break; }
    sleep 0.1
  done
  kill -HUP "$server"
  for _ in $(seq 50); do [[ $(grep -c READY=1 "$work/heard") -ge 2 ]] && break; sleep 0.1; done
  kill -TERM "$server"
  wait "$server" || answered=1
  server=
  kill "$manager"
  return "$answered"
}
tells() { [[ $(tr '\n' ' ' <"$work/heard") == "READY=1 RELOADING=1 READY=1 STOPPING=1 " ]] || { cat "$work/heard" "$work/log" >&2; return 1; }; }
check "the service serves the socket that its manager opened" activates
check "the manager hears READY, RELOADING, READY, STOPPING" tells
exit "$bad"
