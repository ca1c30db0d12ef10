#!/usr/bin/env bash
# The binary needs no other file: it is static, address-randomised, small, and serves from a directory that holds only itself,
# a configuration and CA certificates.
source "$(dirname "$0")/common/run.sh"

is_static() { ! readelf -lW "$binary" | grep -q INTERP && ! readelf -dW "$binary" | grep -q NEEDED; }
is_randomised() { readelf -hW "$binary" | grep -q 'Type: *DYN'; }
is_small() { (( $(stat -c %s "$binary") <= 30 * 1024 * 1024 )); }
check "the binary loads no library and no interpreter" is_static
check "the binary is position-independent" is_randomised
check "the binary is at most 30 MiB" is_small

# Only `exec` inside these: the process id must be the binary's own.
if (( EUID == 0 )) && chroot / true 2>/dev/null; then
  enter() { exec env -i "$(command -v chroot)" --userspec=65534:65534 "$work" "$@"; }
elif command -v bwrap >/dev/null && bwrap --ro-bind / / true 2>/dev/null; then
  enter() { exec env -i "$(command -v bwrap)" --die-with-parent --ro-bind "$work" / "$@"; }
elif unshare -r true 2>/dev/null; then
  enter() { exec env -i "$(command -v unshare)" -r "$(command -v chroot)" "$work" "$@"; }
else
  echo "skip an empty root directory: needs root, bwrap or user namespaces"
  exit "$bad"
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
chmod 755 "$work"
mkdir -p "$work/etc/busbar" "$work/etc/ssl/certs"
cp "$binary" "$work/busbar"
[[ ! -e /etc/ssl/certs/ca-certificates.crt ]] || cp /etc/ssl/certs/ca-certificates.crt "$work/etc/ssl/certs/"
cat >"$work/etc/busbar/config.yaml" <<YAML
listen: 127.0.0.1:$port
auth:
  mode: token
  client_tokens: [empty-root-token]
providers:
  local:
    protocol: openai
    base_url: http://127.0.0.1:9
    allow_private_network: true
    api_key_env: NO_SUCH_KEY
models:
  local-model:
    provider: local
    max_concurrent: 4
YAML

says_version() { [[ $( (enter /busbar --version) 2>&1) == "busbar "* ]]; }
check "it tells its version in an empty root directory" says_version

validates() { (enter /busbar --validate --config /etc/busbar/config.yaml) >&2; }
check "it validates a configuration in an empty root directory" validates

serves() {
  (enter /busbar --config /etc/busbar/config.yaml) >&2 &
  server=$!
  for _ in $(seq 100); do
    curl -fs -o /dev/null "http://127.0.0.1:$port/livez" && return 0
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
check "it serves from an empty root directory" serves

probes() { (enter /busbar --probe --config /etc/busbar/config.yaml) >&2 && ! (enter /busbar --probe http://127.0.0.1:9) 2>/dev/null; }
check "it probes itself in an empty root directory, and tells who is not there" probes

check "it ends with exit code 0 on SIGTERM" stops TERM
exit "$bad"
