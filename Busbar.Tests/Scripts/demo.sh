#!/usr/bin/env bash
# The demo needs nothing but the binary, and every line it prints for the shell does what its title says.
set -euo pipefail
binary=$(realpath "$1")
bad=0
server=
work=$(mktemp -d)
cleanup() {
  [[ -z $server ]] || kill -KILL "$server" 2>/dev/null || true
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
  cd "$work"
  # With job control, because the shell makes other background jobs deaf to SIGINT.
  set -m
  env -i BUSBAR_LOG=warn "$binary" --demo >"$work/said" 2>"$work/log" &
  server=$!
  set +m
  for _ in $(seq 100); do
    # The last line of the welcome.
    grep -q '/stats' "$work/said" && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/log" >&2
  return 1
}
check "the demo starts without a file, a key or a variable" starts

is_healthy() { [[ $(curl -s "$(grep -om1 'http://127.0.0.1:[0-9]*' "$work/said")/healthz") == ok ]]; }
check "the demo is healthy" is_healthy

# titled WORD: prints the lines whose title contains it.
titled() { grep -A1 "^#.*$1" "$work/said" | grep -v -e '^#' -e '^--'; }

all_work() {
  local line answer
  while read -r line; do
    answer=$(bash -o pipefail -c "$line") || { echo "failed: $line" >&2; return 1; }
    [[ -n $answer ]] || { echo "no answer: $line" >&2; return 1; }
  done < <(grep -E '^(curl|for) ' "$work/said")
}
check "every printed line works as it stands" all_work

fails_over() {
  local round
  for round in 1 2 3; do
    [[ $(bash -c "$(titled failover:)" | sort | uniq -c | tr -s ' ') == ' 6 200' ]] || return 1
  done
  bash -c "$(titled 'failovers behind')" | grep -q '^busbar_failovers_total{pool="demo",reason="transient_upstream"} [1-9]'
}
check "pool calls succeed while a member refuses some, and the counters show it" fails_over

dies_natively() { [[ $(bash -c "$(titled dies)" | grep -c '^event: error') == 1 ]]; }
check "one stream in four ends with a native error event" dies_natively

translates() {
  local line
  while read -r line; do
    bash -c "$line" | grep -q 'This is simulated-' || { echo "no translation: $line" >&2; return 1; }
  done < <(titled translation,)
}
check "every translation line brings the other provider's words" translates

stops() {
  local code=0
  kill -INT "$server" && wait "$server" || code=$?
  server=
  return "$code"
}
check "it ends with exit code 0 on SIGINT" stops
exit "$bad"
