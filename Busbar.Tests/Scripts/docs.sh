#!/usr/bin/env bash
# Blocks of the documentation that other programs read: nginx and Prometheus load them.
source "$(dirname "$0")/common/run.sh"
docs=$(cd "$(dirname "$0")/../../docs" && pwd)

# block PAGE LANGUAGE WORD: prints the block in that language that contains the word.
block() {
  awk -v language="$2" -v word="$3" '
    inside && /^```/ { if (index(text, word)) printf "%s", text; inside = 0; next }
    inside { text = text $0 "\n"; next }
    $0 == "```" language { inside = 1; text = "" }' "$docs/$1"
}

nginx_loads() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=busbar -keyout "$work/busbar.key" -out "$work/busbar.crt" 2>/dev/null
  { echo "pid $work/nginx.pid; error_log $work/nginx.log; events {} http { access_log off;"; block install.md nginx 'upstream busbar'; echo '}'; } |
    sed "s#/etc/nginx/#$work/#; s#listen 443#listen 127.0.0.1:8443#" >"$work/nginx.conf"
  grep -q proxy_pass "$work/nginx.conf" && nginx -t -q -c "$work/nginx.conf"
}
if command -v nginx >/dev/null && command -v openssl >/dev/null; then
  check "nginx loads the block that the docs show" nginx_loads
else
  echo "skip the nginx block: nginx or openssl is not installed"
fi

prometheus_loads() {
  block observability.md yaml scrape_configs: >"$work/prometheus.yml"
  [[ -s $work/prometheus.yml ]] && promtool check config --syntax-only "$work/prometheus.yml" >&2
}
if command -v promtool >/dev/null; then
  check "Prometheus loads the block that the docs show" prometheus_loads
else
  echo "skip the Prometheus block: promtool is not installed"
fi
exit "$bad"
