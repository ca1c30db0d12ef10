#!/usr/bin/env bash
# A provider behind nginx with TLS: the static binary verifies it, resumes its sessions, and follows a certificate that changes.
. "$(dirname "${BASH_SOURCE[0]}")/common/run.sh"
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/common")
for tool in nginx openssl python3 curl; do
  command -v "$tool" >/dev/null || { echo "skip provider-tls: $tool is not installed"; exit 0; }
done
cd "$work"
read -r provider tls gateway < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')

# certificate NAME DAYS: of its own issue, in NAME.pem and NAME.key
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:localhost" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

certificate first
certificate renewed
certificate strange
cat first.pem renewed.pem >trusted.pem
cp first.pem shown.pem
cp first.key shown.key
# A connection serves one call, so that each call shows whether its session was resumed.
cat >nginx.conf <<TEXT
daemon off;
pid $work/nginx.pid;
error_log $work/nginx-error.log;
events {}
http {
  log_format tls '\$ssl_protocol \$ssl_session_reused \$server_protocol \$status';
  access_log $work/access.log tls;
  client_body_temp_path $work/body;
  proxy_temp_path $work/proxy;
  fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi;
  scgi_temp_path $work/scgi;
  keepalive_requests 1;
  server {
    listen 127.0.0.1:$tls ssl http2;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $work/shown.pem;
    ssl_certificate_key $work/shown.key;
    location / { proxy_pass http://127.0.0.1:$provider; proxy_http_version 1.1; proxy_buffering off; }
  }
}
TEXT
cat >config.yaml <<TEXT
listen: 127.0.0.1:$gateway
auth: {mode: token, client_tokens: [a-token-for-this-test]}
providers: {p: {protocol: openai, base_url: "https://localhost:$tls", allow_private_network: true, api_key_env: KEY}}
models: {one: {provider: p, max_concurrent: 10}}
pools: {m: {breaker: {trip: {mode: consecutive, n: 1000}}, members: [{target: one}]}}
TEXT

python3 "$here/provider.py" "$provider" 2>provider.log &
first=$!
nginx -p "$work" -e "$work/nginx-error.log" -c "$work/nginx.conf" &
second=$!
KEY=k SSL_CERT_FILE=$work/trusted.pem "$binary" --config config.yaml 2>log &
server=$!
trap 'kill "$first" "$second" 2>/dev/null || true; cleanup' EXIT

# asks WHOLE-OR-STREAM; the status of the answer
asks() {
  curl -s -o answer -w '%{http_code}' -m 20 "http://127.0.0.1:$gateway/v1/chat/completions" -H 'Authorization: Bearer a-token-for-this-test' \
    -d "{\"model\":\"m\",\"stream\":$1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
}

serves() {
  for _ in $(seq 100); do
    [[ $(asks false) == 200 ]] && return 0
    sleep 0.1
  done
  cat log nginx-error.log >&2
  return 1
}

streams() { [[ $(asks true) == 200 ]] && grep -q 'w9' answer && grep -q 'DONE' answer; }

resumes() {
  for _ in 1 2 3 4 5; do [[ $(asks false) == 200 ]] || return 1; done
  tail -n 4 access.log | grep -c '^TLSv1.3 r HTTP/1.1 200$' | grep -qx 4 || { cat access.log >&2; return 1; }
}

# shows NAME: from now on the provider has that certificate.
shows() {
  cp "$1.pem" shown.pem
  cp "$1.key" shown.key
  kill -HUP "$second"
  for _ in $(seq 100); do
    openssl s_client -connect "127.0.0.1:$tls" </dev/null 2>/dev/null | grep -q "CN = $1" && return 0
    sleep 0.1
  done
  return 1
}

follows() { shows renewed && serves; }

# A worker from before the change may still serve a call or two: three in a row are refused soon.
refuses() {
  local refused=0
  shows strange || return 1
  for _ in $(seq 50); do
    if [[ $(asks false) == 503 ]]; then
      (( ++refused < 3 )) || break
    else
      refused=0
      sleep 0.1
    fi
  done
  (( refused == 3 )) && grep -q 'SecureConnectionError\|tls\|certificate' log || { cat log access.log >&2; return 1; }
}

check "a provider with TLS answers" serves
check "a provider with TLS streams" streams
check "sessions of TLS are resumed" resumes
check "a renewed certificate that is trusted is taken" follows
check "a certificate that nobody vouches for gets nothing" refuses
exit "$bad"
