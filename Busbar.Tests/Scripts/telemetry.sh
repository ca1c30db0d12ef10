#!/usr/bin/env bash
# Prometheus' own tool reads the page of figures, and the alert rules that come with it.
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
check "each alert rule fires when it should and not otherwise" fires
exit "$bad"
