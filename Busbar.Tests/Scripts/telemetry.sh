#!/usr/bin/env bash
# Prometheus and its tool read the page of figures, and the alert rules and the board that come with it.
source "$(dirname "$0")/common/run.sh"
cases=$(realpath "$(dirname "$0")/alerts.test.yaml")
rules=$(realpath "$(dirname "$0")/../../deploy/prometheus/alerts.yaml")
if ! command -v promtool >/dev/null; then
  echo "skip the page of figures passes promtool: promtool is missing (Debian package prometheus)"
  echo "skip the alert rules pass promtool: promtool is missing (Debian package prometheus)"
  echo "skip each alert rule fires when it should and not otherwise: promtool is missing (Debian package prometheus)"
  exit 0
fi

# Traffic of every kind the demo knows: streams, failovers, translations, refusals.
page() {
  local origin line
  origin=$(grep -om1 'http://127.0.0.1:[0-9]*' "$work/said")
  while read -r line; do
    bash -c "$line" >/dev/null 2>&1 || true
  done < <(grep -E '^(curl|for) ' "$work/said")
  curl -s -H 'Authorization: Bearer wrong' -d '{}' "$origin/v1/messages" >/dev/null
  bash -c "$(grep -E "^curl .*/metrics" "$work/said" | head -1 | sed 's/ | .*//')" >"$work/page"
  grep -q '^busbar_requests_total{.*outcome="ok"} [1-9]' "$work/page"
}

# A gateway with virtual keys in front of the demo's providers, scraped while it serves.
board=$(realpath "$(dirname "$0")/../../deploy/grafana/busbar.json")
tools=$(realpath "$(dirname "$0")/common")
children=()
stop_all() {
  (( ${#children[@]} == 0 )) || kill "${children[@]}" 2>/dev/null || true
  (( ${#children[@]} == 0 )) || wait "${children[@]}" 2>/dev/null || true
  cleanup
}
trap stop_all EXIT

has_panels() {
  local port watch demo secret key
  read -r port watch < <(python3 -c '
import socket
held = [socket.socket() for _ in range(2)]
for s in held: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))')
  demo=$(grep -om1 'http://127.0.0.1:[0-9]*' "$work/said")
  cat >"$work/governed.yaml" <<YAML
listen: 127.0.0.1:$port
providers:
  good: { protocol: openai, base_url: "$demo", allow_private_network: true, api_key_env: DEMO_KEY }
  bad: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private_network: true, api_key_env: DEMO_KEY }
models:
  demo: { provider: good, max_concurrent: 8, rate_card: { input: 100, output: 100 } }
  gone: { provider: bad, max_concurrent: 8 }
pools:
  smart: { members: [ { target: gone, weight: 100 }, { target: demo } ], breaker: { base_cooldown_secs: 1, max_cooldown_secs: 1, trip: { mode: consecutive, n: 1 } } }
governance: { enabled: true, admin_token: 0123456789abcdef0123456789abcdef, db_path: "$work/governed.db" }
observability: { request_log_file: "$work/requests.jsonl" }
YAML
  cat >"$work/scrape.yml" <<YAML
global: { scrape_interval: 2s }
scrape_configs:
  - job_name: busbar
    authorization: { credentials: 0123456789abcdef0123456789abcdef }
    static_configs: [ { targets: [ "127.0.0.1:$port" ] } ]
YAML
  env -i DEMO_KEY=demo "$binary" --config "$work/governed.yaml" >"$work/governed.log" 2>&1 &
  children+=($!)
  prometheus --config.file="$work/scrape.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="127.0.0.1:$watch" >"$work/prometheus.log" 2>&1 &
  children+=($!)
  for _ in $(seq 100); do curl -fs -o /dev/null "http://127.0.0.1:$port/livez" && break; sleep 0.1; done
  for key in "--budget-cents 100000" "--budget-cents 0"; do
    # shellcheck disable=SC2086 # two words
    "$binary" keys create --config "$work/governed.yaml" --name team $key | sed -n 's/^secret *//p' >>"$work/secrets"
  done
  # Requests that each kind of panel shows something of, for long enough that a rate has two samples.
  for _ in $(seq 7); do
    while read -r secret; do
      curl -s -m 20 -o /dev/null -H "Authorization: Bearer $secret" -d '{"model":"smart","messages":[{"role":"user","content":"hi"}]}' "http://127.0.0.1:$port/v1/chat/completions"
      curl -s -m 20 -o /dev/null -H "Authorization: Bearer $secret" -d '{"model":"smart","stream":true,"messages":[{"role":"user","content":"hi"}]}' "http://127.0.0.1:$port/v1/chat/completions"
      curl -s -m 20 -o /dev/null -H "x-api-key: $secret" -d '{"model":"smart","max_tokens":9,"top_k":5,"messages":[{"role":"user","content":"hi"}]}' "http://127.0.0.1:$port/v1/messages"
      curl -s -m 20 -o /dev/null -H "Authorization: Bearer wrong" -d '{}' "http://127.0.0.1:$port/v1/chat/completions"
    done <"$work/secrets"
    sleep 1
  done
  python3 "$tools/board.py" "$board" "http://127.0.0.1:$watch" || { tail -n 5 "$work/governed.log" "$work/prometheus.log" >&2; return 1; }
}

alerts() { promtool check rules "$rules" >&2; }
fires() {
  local alert
  promtool test rules "$cases" >&2 || return 1
  for alert in $(sed -n 's/.*- alert: //p' "$rules"); do
    grep -q "\"$alert\"" "$cases" || { echo "no case for $alert" >&2; return 1; }
  done
}
lints() { promtool check metrics <"$work/page" >&2; }

check "the demo starts" starts_demo
check "the page of figures has traffic in it" page
check "the page of figures passes promtool" lints
check "the alert rules pass promtool" alerts
if command -v prometheus >/dev/null; then
  check "every panel of the board has data from a loaded gateway" has_panels
else
  echo "skip every panel of the board has data: prometheus is missing"
fi
check "each alert rule fires when it should and not otherwise" fires
exit "$bad"
