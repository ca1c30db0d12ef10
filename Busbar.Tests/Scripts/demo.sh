#!/usr/bin/env bash
# The demo needs nothing but the binary, and every line it prints for the shell does what its title says.
source "$(dirname "$0")/common/run.sh"

# Where the first port is free, something of ours takes it, so that the demo has to say where it is instead.
python3 -c '
import socket, time
taken = socket.socket()
try: taken.bind(("127.0.0.1", 8080)); taken.listen()
except OSError: pass
time.sleep(600)' &
holder=$!
trap 'kill "$holder" 2>/dev/null || true; cleanup' EXIT
for _ in $(seq 50); do (: </dev/tcp/127.0.0.1/8080) 2>/dev/null && break; sleep 0.1; done

check "the demo starts without a file, a key or a variable" starts_demo

says_the_port() { head -1 "$work/said" | grep -q "^# PORT 8080 IS TAKEN: .* $(grep -om1 'http://127.0.0.1:[0-9]*' "$work/said" | grep -o '[0-9]*$') "; }
check "another port than the documented one is said first" says_the_port

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

decodes() { bash -c "$(titled 'streaming, bedrock')" >"$work/frames" && grep -q '^contentBlockDelta {.*This' "$work/frames" && grep -q '^messageStop {' "$work/frames"; }
check "the frames of a Bedrock stream are shown decoded" decodes

pastes() { cp "$work/said" "$work/before" && bash -e "$work/before" >/dev/null && cmp "$work/said" "$work/before" && [[ ! -s $work/log ]]; }
check "all of it can be pasted at once, and the demo says nothing in between" pastes

check "it ends with exit code 0 on SIGINT" stops INT
exit "$bad"
