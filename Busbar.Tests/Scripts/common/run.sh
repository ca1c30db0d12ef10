# Sourced by each script with the binary as $1: a scratch folder, one server that ends with the script, and lines of results.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"
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

# Starts the demo; what it says is in $work/said.
starts_demo() {
  cd "$work"
  # With job control, because the shell makes other background jobs deaf to SIGINT.
  set -m
  env -i "$binary" --demo >"$work/said" 2>"$work/log" &
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

# stops SIGNAL
stops() {
  local code=0
  kill -"$1" "$server" && wait "$server" || code=$?
  server=
  return "$code"
}
