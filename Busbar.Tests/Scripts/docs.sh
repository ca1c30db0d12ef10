#!/usr/bin/env bash
# Blocks of the documentation that other programs read: nginx and Prometheus load them, a shell runs them.
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

# The blocks for a shell, in the order of their pages, as root would run them: with a file system and a service manager of the test's own.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
root=$work/root
mkdir -p "$root"/{etc/systemd/system,usr/local/bin,var/lib/busbar,var/log,backup} "$work/bin" "$work/place"
place() { sed "s#\(^\|[ '=:]\)/\(etc\|usr\|var\|backup\)/#\1$root/\2/#g; s#127\.0\.0\.1:8080#127.0.0.1:$port#g"; }

cat >"$work/bin/systemctl" <<SH
#!/bin/bash
case \$1 in
  stop) kill "\$(<"$work/pid")"; while kill -0 "\$(<"$work/pid")" 2>/dev/null; do sleep 0.05; done ;;
  start|enable)
    [[ -s $root/etc/systemd/system/busbar.service ]] || exit 1
    (set -a; . "$root/etc/busbar/environment"; exec "$root/usr/local/bin/busbar" --config "$root/etc/busbar/config.yaml") >>"$work/service" 2>&1 &
    echo \$! >"$work/pid"
    for _ in \$(seq 100); do curl -fs -o /dev/null "http://127.0.0.1:$port/livez" && exit; sleep 0.1; done
    exit 1 ;;
  daemon-reload) ;;
  *) exit 1 ;;
esac
SH
# The backup of SQLite's shell, where that is not installed.
cat >"$work/bin/sqlite3" <<'SH'
#!/usr/bin/env python3
import sqlite3, sys
sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2].split("'")[1]))
SH
chmod +x "$work/bin/"*
export PATH="$work/bin:$root/usr/local/bin:$PATH"
stop_all() {
  [[ ! -s $work/pid ]] || kill "$(<"$work/pid")" 2>/dev/null || true
  cleanup
}
trap stop_all EXIT

# runs PAGE WORD: runs the block for a shell that contains the word; a command that fails ends it.
runs() {
  block "$1" sh "$2" | place >"$work/block"
  [[ -s $work/block ]] || { echo "no such block" >&2; return 1; }
  (cd "$work/place" && bash -euo pipefail "$work/block") >"$work/said" 2>&1 || { cat "$work/block" "$work/said" >&2; return 1; }
}
said() { grep -q -- "$1" "$work/said" || { cat "$work/said" >&2; return 1; }; }

cp "$binary" "$work/place/busbar"
cp -r "$docs/../deploy" "$work/place/"
place <"$docs/../config.example.yaml" | sed "s/^  ready_delay_secs: .*/  ready_delay_secs: 0/; s/0\.0\.0\.0:8080/127.0.0.1:$port/" >"$work/place/config.yaml"
echo "control_socket: $work/control.sock" >>"$work/place/config.yaml"
block install.md ini BUSBAR_CLIENT_TOKEN >"$work/place/environment"
installs() { runs install.md 'install -m 755' && said 'is valid'; }
check "the installation that the docs show ends with a valid configuration" installs
completes() { mkdir -p "$root/etc/bash_completion.d"; runs install.md 'busbar completion' && bash -n "$root/etc/bash_completion.d/busbar"; }
check "the completion is where a shell finds it" completes
check "the unit is enabled and serves" runs install.md 'enable --now'
BUSBAR_TOKEN=$(sed -n 's/^BUSBAR_CLIENT_TOKEN=//p' "$work/place/environment")
export BUSBAR_TOKEN
touch "$root/var/log/busbar.log"
looks() { (set -a; . "$root/etc/busbar/environment"; BUSBAR_CONFIG=$root/etc/busbar/config.yaml; runs troubleshooting.md 'busbar status') && said '^busbar_build_info'; }
check "the places to look at show something" looks
systemctl stop

# With keys, under the unit.
keys_config() { block keys.md yaml 'gpt-5.2' | sed '/^governance:/,$d'; block keys.md yaml master_key_env; }
keys_config | place >"$root/etc/busbar/config.yaml"
echo BUSBAR_ADMIN_TOKEN=0123456789abcdef0123456789abcdef >>"$root/etc/busbar/environment"
master() { runs keys.md 'BUSBAR_MASTER_KEY=' && systemctl start; }
check "the service starts with the master key that the docs make" master
check "keys are listed with the variables of the unit" runs keys.md '/etc/busbar/config.yaml'
pairs() { (set -a; . "$root/etc/busbar/environment"; cp "$root/etc/busbar/config.yaml" "$work/place/config.yaml"; runs keys.md 'access-key') && said access_key_id; }
check "a key gets a pair for AWS" pairs
listed() { busbar keys list --config "$root/etc/busbar/config.yaml" --env-file "$root/etc/busbar/environment" | grep -q 'aws team'; }
backs_up() { runs database.md '.backup' && runs database.md 'chown --reference' && listed; }
check "a backup is restored, with its owner, and has the keys" backs_up
upgrade() { runs upgrade.md 'busbar --version' && listed; }
check "an upgrade as the docs show it keeps the keys" upgrade
back() { runs upgrade.md 'busbar.old /usr/local/bin/busbar' && listed && runs upgrade.md 'governance.db.old /var' && listed; }
check "the way back, with the database, keeps the keys" back
systemctl stop

# The quick start, with the demo in place of the two providers.
starts_demo
demo=$(grep -om1 'http://127.0.0.1:[0-9]*' "$work/said")
check "step 1 of the quick start installs the binary" runs quick-start.md 'install -m 755'
block quick-start.md yaml 'governance:' | place | sed "s#api_key_env: \(.*\)_API_KEY#&\n    base_url: $demo\n    allow_private_network: true#" >"$work/place/config.yaml"
sed -i 's/^  gpt-5.2:$/&\n    upstream_model: demo-openai/; s/^  claude-sonnet-4-6:$/&\n    upstream_model: demo-anthropic/' "$work/place/config.yaml"
secrets() { runs quick-start.md 'umask 077' && said 'is valid' && sed -i 's/_API_KEY=.*/_API_KEY=demo/' "$work/place/environment"; }
check "step 3 ends with a valid configuration" secrets
looked_at() { runs quick-start.md 'busbar doctor' && said '^ok    providers.anthropic'; }
check "the doctor of step 3 finds nothing that fails" looked_at
quick_start() {
  { for word in 'until curl' 'export BUSBAR_TOKEN' 'keys usage'; do block quick-start.md sh "$word"; done; echo 'kill %1; wait'; } | place >"$work/block"
  (cd "$work/place" && bash -euo pipefail "$work/block") >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }
  said '"id":"smart"' && said 'No model was asked' && said '1 of 1 lanes usable\|2 of 2 lanes usable' && said 'demo-\|gpt-5.2\|claude'
}
check "steps 4 to 6 make a key, answer a request and count it" quick_start

# What the first page shows, with the same providers.
block ../README.md yaml 'assistant:' | place | sed "s#api_key_env: \(.*\)_API_KEY#&\n    base_url: $demo\n    allow_private_network: true#" >"$work/place/config.yaml"
sed -i 's/^  gpt-5.2:$/&\n    upstream_model: demo-openai/; s/^  claude-sonnet-4-6:$/&\n    upstream_model: demo-anthropic/' "$work/place/config.yaml"
first_page() {
  { block ../README.md sh 'sk-proj' | sed 's/_API_KEY=[^ ]*/_API_KEY=demo/g; $s/$/ \&/'
    echo 'until curl -fs -o /dev/null http://127.0.0.1:8080/livez; do sleep 0.1; done'
    block ../README.md sh '"model":"assistant"'; echo 'kill %1; wait'; } | place >"$work/block"
  (cd "$work/place" && bash -euo pipefail "$work/block") >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }
  said 'is valid' && said 'No model was asked'
}
check "the configuration of the first page answers the request of the first page" first_page
first_demo() { block ../README.md sh '"model":"demo"' | sed "s#http://127.0.0.1:8080#$demo#" >"$work/block" && bash -euo pipefail "$work/block" 2>/dev/null | grep -q 'No model was asked'; }
check "the demo answers the request of the first page" first_demo
stops INT || true

# The first key in a minute.
block keys.md yaml 'gpt-5.2' | place >"$work/place/config.yaml"
first_minute() {
  { block keys.md sh 'export OPENAI_API_KEY'; block keys.md sh 'secret='; echo 'kill %1; wait'; } | place >"$work/block"
  (cd "$work/place" && bash -euo pipefail "$work/block") >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }
  said '"id":"smart"' && said 'billing team'
}
check "the first key is there in a minute" first_minute
# each LANGUAGE ENDING: writes every block in that language of the clients' pages to a file of its own in $work/clients, and fails where there is none.
each() {
  rm -rf "$work/clients" && mkdir "$work/clients"
  awk -v language="$1" -v file="$work/clients/" -v ending="$2" '
    inside && /^```/ { inside = 0; close(name); next }
    inside { print > name; next }
    $0 == "```" language { inside = 1; name = file (++count) "." ending }' "$docs"/clients/*.md
  [[ -n $(ls "$work/clients") ]]
}
variables_are_set() { each sh sh && for file in "$work"/clients/*; do bash -euo pipefail "$file" || return 1; done; }
check "the variables of the clients' pages are set by a shell" variables_are_set
python_compiles() { each python py && python3 -m py_compile "$work"/clients/*; }
check "the Python of the clients' pages compiles" python_compiles
javascript_parses() { each ts mjs && for file in "$work"/clients/*; do node --check "$file" || return 1; done; }
if command -v node >/dev/null; then
  check "the JavaScript of the clients' pages parses" javascript_parses
else
  echo "skip the JavaScript of the clients' pages: node is not installed"
fi
codex_reads() {
  block clients/codex.md toml model_provider >"$work/block.toml"
  python3 -c 'import sys, tomllib; assert tomllib.load(open(sys.argv[1], "rb"))["model_providers"]["busbar"]["wire_api"] == "responses"' "$work/block.toml"
}
check "the TOML of the clients' pages is TOML" codex_reads

# From LiteLLM, with a dump in the form of pg_dump.
cat >"$work/place/litellm-config.yaml" <<'YAML'
model_list:
  - model_name: gpt-4o
    litellm_params: {model: azure/eu, api_base: "https://eu.openai.azure.com", api_key: os.environ/AZURE_API_KEY, rpm: 60}
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, rpm: 120}
general_settings: {master_key: sk-1234, alerting: [slack]}
YAML
{ printf '#!/bin/sh\ncat <<"SQL"\nCOPY public."LiteLLM_VerificationToken" (token, key_alias) FROM stdin;\n'
  printf '%s\tteam\n\\.\nSQL\n' "$(printf sk-of-a-client | sha256sum | cut -d' ' -f1)"; } >"$work/bin/pg_dump"
chmod +x "$work/bin/pg_dump"
imports() {
  runs migrate-litellm.md 'litellm-config.yaml --out imported' && said 'is valid' && runs migrate-litellm.md pg_dump && said "key 'team': taken over" && said 'is valid' &&
    runs migrate-litellm.md '^(by hand' && said 'alerting'
}
check "a LiteLLM configuration and its keys are imported as the docs show" imports
exit "$bad"
