#!/usr/bin/env bash
# The log goes to a disk that is full, or to a pipe whose reader has stopped: requests, reloads and the end go on as if nothing were.
source "$(dirname "$0")/common/run.sh"
token=script-token
full=$work/full
unmount() { mountpoint -q "$full" 2>/dev/null && umount "$full"; cleanup; }
trap unmount EXIT

configure() {
  port=$((20000 + RANDOM % 10000))
  cat >"$work/config.yaml" <<YAML
listen: 127.0.0.1:$port
auth: { mode: token, client_tokens: [ $token ] }
providers: { p: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private_network: true, api_key: none } }
models: { m: { provider: p, max_concurrent: 10 } }
YAML
}

# starts TARGET: with its log there.
starts() {
  configure
  env -i BUSBAR_LOG=debug BUSBAR_CONFIG="$work/config.yaml" "$binary" >/dev/null 2>>"$1" &
  server=$!
  alive
}

alive() {
  for _ in $(seq 100); do
    curl -s -m 5 "http://127.0.0.1:$port/livez" >/dev/null && return 0
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# floods N: requests that each leave lines.
floods() {
  seq "$1" | xargs -P 8 -n 50 bash -c '
    for _; do printf "url = http://127.0.0.1:%s/v1/chat/completions\n" "$0"; done |
      curl -s -m 20 -H "Authorization: Bearer '$token'" -d "{\"model\":\"m\",\"messages\":[]}" -K - || true' "$port" >/dev/null
}

figure() { curl -s -m 5 -H "Authorization: Bearer $token" "http://127.0.0.1:$port/metrics" | sed -n "s/^$1 //p"; }
drops() {
  for _ in $(seq 100); do
    [[ $(figure busbar_log_lines_dropped_total) -gt 0 ]] && return 0
    sleep 0.1
  done
  return 1
}

# A reload is seen by its own series, which need no log.
reloads() {
  local before after
  before=$(figure 'busbar_config_reloads_total{result="ok"}')
  kill -HUP "$server"
  for _ in $(seq 100); do
    after=$(figure 'busbar_config_reloads_total{result="ok"}')
    [[ ${after:-0} -gt ${before:-0} ]] && return 0
    sleep 0.1
  done
  return 1
}

check "it starts although its log cannot be written at all" starts /dev/full
check "requests are served meanwhile" floods 6000
check "lost log lines are counted" drops
check "SIGHUP works meanwhile" reloads
check "SIGTERM works meanwhile" stops TERM

mkfifo "$work/pipe"
# Opened for reading by somebody who never reads.
exec 3<>"$work/pipe"
check "it starts with a pipe that nobody reads" starts "$work/pipe"
check "requests are served although the pipe is full" floods 6000
check "lines lost to a stalled pipe are counted" drops
check "SIGHUP works although the pipe is full" reloads
check "SIGTERM works although the pipe is full" stops TERM
exec 3>&-

mkdir "$full"
if ! mount -t tmpfs -o size=64k tmpfs "$full" 2>/dev/null; then
  echo "skip the log goes on when a full disk has room again: a small tmpfs cannot be mounted here"
  exit "$bad"
fi
goes_on() {
  starts "$full/log" || return 1
  floods 6000
  drops || return 1
  : >"$full/log"
  for _ in $(seq 100); do
    grep -q 'log lines were dropped' "$full/log" && return 0
    : >"$full/log"
    sleep 0.3
  done
  return 1
}
check "the log goes on when a full disk has room again, and says what was lost" goes_on
check "SIGTERM works after a full disk" stops TERM
exit "$bad"
