#!/usr/bin/env bash
# Two instances behind nginx, then behind HAProxy, with the configurations of deploy/balancers: each is restarted under load, and no request is lost.
source "$(dirname "$0")/common/run.sh"
deploy=$(cd "$(dirname "$0")/../../deploy" && pwd)
tools=$(cd "$(dirname "$0")/common" && pwd)
children=()
stop_all() {
  (( ${#children[@]} == 0 )) || kill -KILL "${children[@]}" 2>/dev/null || true
  cleanup
}
trap stop_all EXIT

read -r front one two provider < <(python3 -c '
import socket
held = [socket.socket() for _ in range(4)]
for s in held: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))')

python3 "$tools/provider.py" "$provider" &
children+=($!)
for node in "$one" "$two"; do
  cat >"$work/$node.yaml" <<YAML
listen: 127.0.0.1:$node
limits: { ready_delay_secs: 3, shutdown_drain_secs: 20 }
auth: { mode: token, client_tokens: [a-token-for-this-test] }
providers: { local: { protocol: openai, base_url: "http://127.0.0.1:$provider", allow_private_network: true, api_key_env: NO_SUCH_KEY } }
models: { m: { provider: local, max_concurrent: 500 } }
YAML
done

starts() { # PORT
  BUSBAR_LOG=error "$binary" --config "$work/$1.yaml" 2>>"$work/$1.log" &
  node_pid[$1]=$!
  children+=($!)
  for _ in $(seq 100); do curl -fs -o /dev/null "http://127.0.0.1:$1/healthz" && return; sleep 0.1; done
  return 1
}
declare -A node_pid
starts "$one"
starts "$two"

restarts() { # PORT
  kill -TERM "${node_pid[$1]}"
  wait "${node_pid[$1]}"
  starts "$1"
}

# Both instances are restarted while requests run; the client's last line says what was lost.
rolls() {
  python3 "$tools/steady.py" "$front" 2000 16 >"$work/client" 2>&1 &
  local client=$!
  children+=("$client")
  sleep 1
  restarts "$one"
  # The balancer asks each second; until it has seen the first instance, the second must stay.
  sleep 4
  restarts "$two"
  wait "$client" || { tail -n 5 "$work/client" "$work/$one.log" "$work/$two.log" >&2; return 1; }
}

place() { sed "s/127\.0\.0\.1:8080/127.0.0.1:$front/; s/127\.0\.0\.1:8081/127.0.0.1:$one/; s/127\.0\.0\.1:8082/127.0.0.1:$two/" "$1"; }
fronts() { for _ in $(seq 50); do curl -fs -o /dev/null "http://127.0.0.1:$front/" && return; sleep 0.1; done; return 1; }

if command -v nginx >/dev/null; then
  { echo "daemon off; pid $work/nginx.pid; error_log $work/nginx.log; worker_processes 1; events {}"
    echo "http { access_log off; client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;"
    place "$deploy/balancers/nginx.conf"; echo "}"; } >"$work/nginx.conf"
  nginx -c "$work/nginx.conf" 2>/dev/null &
  nginx=$!
  children+=("$nginx")
  check "nginx takes the configuration" fronts
  check "a rolling restart behind nginx loses nothing of 2,000 requests" rolls
  kill "$nginx"
  wait "$nginx" || true
else
  echo "skip a rolling restart behind nginx: nginx is not installed"
fi

if command -v haproxy >/dev/null; then
  place "$deploy/balancers/haproxy.cfg" >"$work/haproxy.cfg"
  haproxy -db -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1 &
  children+=($!)
  check "HAProxy takes the configuration" fronts
  check "a rolling restart behind HAProxy loses nothing of 2,000 requests" rolls
else
  echo "skip a rolling restart behind HAProxy: haproxy is not installed"
fi
exit "$bad"
