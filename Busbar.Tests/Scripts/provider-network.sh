#!/usr/bin/env bash
# The static binary on its way to a provider as companies have it: haproxy and nginx with HTTP/2 and certificates of their own, tinyproxy and squid in between,
# and an address that never answers.
. "$(dirname "${BASH_SOURCE[0]}")/common/run.sh"
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/common")
for tool in openssl python3 curl; do
  command -v "$tool" >/dev/null || { echo "skip provider-network: $tool is not installed"; exit 0; }
done
cd "$work"
read -r provider tls gateway way < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(4)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
others=()
ends() {
  local each
  for each in "$server" "${others[@]}"; do [[ -z $each ]] || kill "$each" 2>/dev/null || true; done
  cleanup
}
trap ends EXIT

# authority NAME; certificate NAME AUTHORITY ENDING
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=authority $1" -keyout "$1-ca.key" -out "$1-ca.pem" 2>/dev/null
}
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$2-ca.pem" -CAkey "$2-ca.key" -CAcreateserial -days 20 -out "$1.pem" \
    -extfile <(echo "subjectAltName=DNS:models.corp,IP:127.0.0.1") 2>/dev/null
  cat "$1.pem" "$1.key" >"$1.both"
}
authority old
authority new
certificate first old
certificate renewed new
certificate caller old
certificate stranger new

# waits NAME COMMAND...: until it succeeds
waits() {
  local name=$1
  shift
  for _ in $(seq 100); do
    "$@" && return 0
    sleep 0.1
  done
  echo "no $name" >&2
  cat log log.* 2>/dev/null | tail -n 20 >&2
  return 1
}

# configures VERSION MORE: the deployment, with more keys of the provider
configures() {
  cat >config.yaml <<TEXT
listen: 127.0.0.1:$gateway
auth: {mode: token, client_tokens: [a-token-for-this-test]}
providers:
  p:
    protocol: openai
    base_url: ${base:-https://127.0.0.1:$tls}
    allow_private_network: true
    api_key_env: KEY
    http_version: $1
    $2
models: {one: {provider: p, max_concurrent: 10}}
pools: {m: {breaker: {base_cooldown_secs: 1, max_cooldown_secs: 1, trip: {mode: consecutive, n: 1000}}, members: [{target: one}]}}
TEXT
}

# asks WHOLE-OR-STREAM; the status of the answer
asks() {
  curl -s -o answer -w '%{http_code}' -m 20 "http://127.0.0.1:$gateway/v1/chat/completions" -H 'Authorization: Bearer a-token-for-this-test' \
    -d "{\"model\":\"m\",\"stream\":$1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
}
is() { [[ $(asks false) == "$1" ]]; }
streams() { [[ $(asks true) == 200 ]] && grep -q w9 answer && grep -q DONE answer; }
# A reload takes a moment.
asked_as() { is 200 && grep -q "$1" access.log; }
refused_for() { is 503 && grep -q "reason=$1 " log; }
speaks() { waits "call as $1" asked_as "$1" && streams; }
starts() {
  KEY=k "$binary" --config config.yaml 2>log &
  server=$!
  waits gateway curl -s -o /dev/null "http://127.0.0.1:$gateway/livez"
}
restarts() {
  stops TERM || true
  starts
}
reloads() {
  kill -HUP "$server"
}

trusted="tls: {ca_file: $work/trusted.pem, cert_file: $work/caller.pem, key_file: $work/caller.key, server_name: models.corp}"
cp old-ca.pem trusted.pem
python3 "$here/provider.py" "$provider" 2>log.provider &
others+=($!)

if command -v haproxy >/dev/null; then
  cp first.both shown.both
  cat >haproxy.cfg <<TEXT
global
  log stdout format raw local0
  stats socket $work/haproxy.sock level admin
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  log global
  log-format "%HV %ST %[ssl_c_s_dn(cn)] %[ssl_fc_sni]"
frontend f
  bind 127.0.0.1:$tls ssl crt $work/shown.both ca-file $work/old-ca.pem verify required alpn h2,http/1.1
  default_backend b
backend b
  server s 127.0.0.1:$provider
TEXT
  haproxy -db -f haproxy.cfg >access.log 2>log.haproxy &
  proxy=$!
  others+=("$proxy")
  configures 2 "$trusted"
  starts
  check "haproxy takes HTTP/2, and the caller's certificate and the name it asks for" speaks 'HTTP/2.0 200 caller models.corp'
  configures auto "$trusted"
  reloads
  check "haproxy takes HTTP/1.1 in the same way" speaks 'HTTP/1.1 200 caller models.corp'

  # The provider moves to another authority, and the operator's file follows.
  cp renewed.both shown.both
  moves() {
    kill "$proxy"
    wait "$proxy" 2>/dev/null || true
    haproxy -db -f haproxy.cfg >>access.log 2>log.haproxy &
    proxy=$!
    others+=("$proxy")
    waits refusal refused_for SecureConnectionError
  }
  follows() {
    cat old-ca.pem new-ca.pem >trusted.pem
    reloads
    waits "trust in the new authority" is 200
  }
  rejects() {
    cp stranger.pem caller.pem
    cp stranger.key caller.key
    reloads
    waits "refusal of the caller's certificate" is 503
  }
  check "a certificate of an authority that is not trusted gets nothing" moves
  check "a reload trusts the authority that was added" follows
  check "a reload shows the certificate that was renewed, which the server may refuse" rejects
  kill "$proxy" 2>/dev/null || true
  stops TERM || true
  certificate caller old
  cp old-ca.pem trusted.pem
else
  echo "skip haproxy as provider: haproxy is not installed"
fi

if command -v nginx >/dev/null; then
  cat >nginx.conf <<TEXT
daemon off;
pid $work/nginx.pid;
error_log $work/log.nginx;
events {}
http {
  log_format how '\$server_protocol \$status \$ssl_client_s_dn \$ssl_server_name';
  access_log $work/access.log how;
  client_body_temp_path $work/body;
  proxy_temp_path $work/proxy;
  fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi;
  scgi_temp_path $work/scgi;
  server {
    listen 127.0.0.1:$tls ssl http2;
    ssl_certificate $work/first.pem;
    ssl_certificate_key $work/first.key;
    ssl_client_certificate $work/old-ca.pem;
    ssl_verify_client on;
    location / { proxy_pass http://127.0.0.1:$provider; proxy_http_version 1.1; proxy_buffering off; }
  }
}
TEXT
  nginx -p "$work" -e "$work/log.nginx" -c "$work/nginx.conf" &
  others+=($!)
  configures 2 "$trusted"
  starts
  check "nginx takes HTTP/2, and the caller's certificate and the name it asks for" speaks 'HTTP/2.0 200 CN=caller models.corp'
  configures 1.1 "$trusted"
  reloads
  check "nginx takes HTTP/1.1 in the same way" speaks 'HTTP/1.1 200 CN=caller models.corp'
  says() { configures auto "tls: {ca_file: $work/$1}"; "$binary" --validate --config config.yaml >said 2>&1; }
  judges() {
    ! says caller.key && grep -q 'tls.ca_file.*no certificate' said \
      && configures auto "tls: {cert_file: $work/caller.pem, key_file: $work/first.key}" && ! "$binary" --validate --config config.yaml >said 2>&1 && grep -q 'tls.key_file.*cannot be used' said
  }
  check "--validate tells a file without authorities and a key of another certificate" judges

  # through NAME USER-AND-AT: by way of the proxy at that port
  through() { waits "way through $1" is 200 && streams && grep -q "through http://127.0.0.1:$way" log; }
  # fails_with REASON: nothing is asked of the provider, and the log says why
  fails_with() { waits "$1" refused_for "$1"; }
  listens() { (exec 3<>"/dev/tcp/127.0.0.1/$way") 2>/dev/null; }
  if command -v tinyproxy >/dev/null; then
    cat >tinyproxy.conf <<TEXT
Port $way
Listen 127.0.0.1
Timeout 60
LogFile "$work/log.tinyproxy"
MaxClients 20
BasicAuth user pass
ConnectPort $tls
TEXT
    tinyproxy -d -c tinyproxy.conf >/dev/null 2>&1 &
    tiny=$!
    others+=("$tiny")
    waits tinyproxy listens
    configures auto "$trusted
    proxy: http://user:pass@127.0.0.1:$way"
    restarts
    check "tinyproxy leads to a provider" through tinyproxy
    configures 2 "$trusted
    proxy: http://user:pass@127.0.0.1:$way"
    restarts
    check "tinyproxy leads to a provider with HTTP/2" through tinyproxy
    configures auto "$trusted
    proxy: http://127.0.0.1:$way"
    restarts
    check "tinyproxy wants credentials" fails_with proxy_407
    base=https://127.0.0.1:$provider configures auto "$trusted
    proxy: http://user:pass@127.0.0.1:$way"
    restarts
    check "tinyproxy refuses a port, with a page" fails_with proxy_403
    kill "$tiny" && wait "$tiny" 2>/dev/null || true
    configures auto "$trusted
    proxy: http://user:pass@127.0.0.1:$way"
    restarts
    check "tinyproxy is not there" fails_with proxy_unreachable
  else
    echo "skip tinyproxy as a company's proxy: tinyproxy is not installed"
  fi

  if command -v squid >/dev/null; then
    mkdir squid
    chmod 777 squid "$work"
    cat >squid.conf <<TEXT
http_port 127.0.0.1:$way
pid_filename none
cache deny all
cache_log $work/squid/cache.log
access_log stdio:$work/squid/access.log
coredump_dir $work/squid
netdb_filename none
acl provider port $tls
http_access allow CONNECT provider
http_access deny all
shutdown_lifetime 0 seconds
TEXT
    squid -N -f "$work/squid.conf" >/dev/null 2>&1 &
    others+=($!)
    if waits squid listens; then
      configures auto "$trusted
    proxy: http://127.0.0.1:$way"
      restarts
      check "squid leads to a provider" through squid
      base=https://127.0.0.1:$provider configures auto "$trusted
    proxy: http://127.0.0.1:$way"
      restarts
      check "squid refuses, with a page" fails_with proxy_403
    else
      echo "skip squid as a company's proxy: it does not start here"
    fi
  else
    echo "skip squid as a company's proxy: squid is not installed"
  fi
else
  echo "skip nginx as provider and the ways to it: nginx is not installed"
fi
[[ -z $server ]] || stops TERM || true

# A network of its own, in which the provider's first address swallows what is sent there: somebody listens who takes nothing.
cat >silent.py <<'TEXT'
import socket, sys, time
server = socket.socket(socket.AF_INET6)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
server.bind(("::1", int(sys.argv[1])))
server.listen(0)
waiting = [socket.socket(socket.AF_INET6) for _ in range(4)]
for each in waiting:
    each.setblocking(False)
    each.connect_ex(server.getsockname())
open("silent", "w").close()
time.sleep(600)
TEXT
cat >inside.sh <<TEXT
set -eu
mount --bind $work/hosts /etc/hosts
ip link set lo up
drops() { awk '/^TcpExt:/ { if (!n) { for (i = 1; i <= NF; i++) if (\$i == "ListenDrops") n = i } else print \$n }' /proc/net/netstat; }
python3 silent.py $provider 2>log.silent &
python3 $here/provider.py $provider 2>log.provider &
KEY=k $binary --config config.yaml 2>log.inside &
for _ in \$(seq 100); do [[ -e silent ]] && curl -s -o answer http://127.0.0.1:$gateway/livez && break; sleep 0.1; done
before=\$(drops)
curl -s -o answer -w '%{http_code}' -m 20 http://127.0.0.1:$gateway/v1/chat/completions -H 'Authorization: Bearer a-token-for-this-test' \
  -d '{"model":"m","messages":[{"role":"user","content":"hi"}]}' >status || true
echo \$((\$(drops) - before)) >swallowed
kill \$(jobs -p)
TEXT
if unshare -nm bash -c 'ip link set lo up && ip -6 addr show lo | grep -q ::1' 2>/dev/null; then
  printf '127.0.0.1 localhost\n::1 silent.test\n127.0.0.1 silent.test\n' >hosts
  base=http://silent.test:$provider configures auto "path: /v1/chat/completions"
  passes() {
    unshare -nm bash inside.sh 2>log.unshare || true
    [[ $(cat status) == 200 ]] && (( $(cat swallowed) > 0 )) || { cat status swallowed log.inside log.unshare >&2; return 1; }
  }
  check "an address that never answers is passed by" passes
else
  echo "skip an address that never answers: no network of its own can be made here"
fi
exit "$bad"
