#!/usr/bin/env bash
# Prometheus' own tool reads the page of figures, and the alert rules that come with it.
set -euo pipefail
binary=$(realpath "$1")
rules=$(realpath "$(dirname "$0")/../../deploy/prometheus/alerts.yaml")
if ! command -v promtool >/dev/null; then
  echo "skip the page of figures passes promtool: promtool is missing (Debian package prometheus)"
  echo "skip the alert rules pass promtool: promtool is missing (Debian package prometheus)"
  exit 0
fi

bad=0
server=
work=$(mktemp -d)
cleanup() {
  if [[ -n $server ]]; then kill -TERM "$server" && wait "$server" || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

# check NAME COMMAND...
check() {
  local name=$1
  shift
  if "$@"; then echo "ok $name"; else echo "not ok $name"; bad=1; fi
}

starts() {
  env -i BUSBAR_LOG=warn "$binary" --demo >"$work/said" 2>"$work/log" &
  server=$!
  for _ in $(seq 100); do
    # The last line of the welcome.
    grep -q '/stats' "$work/said" && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/log" >&2
  return 1
}

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

alerts() { promtool check rules "$rules" >&2; }
lints() { promtool check metrics <"$work/page" >&2; }

check "the demo starts" starts
check "the page of figures has traffic in it" page
check "the page of figures passes promtool" lints
check "the alert rules pass promtool" alerts
exit "$bad"
