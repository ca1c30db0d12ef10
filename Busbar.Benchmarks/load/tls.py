"""Providers with TLS, beside nginx that calls the same ones and verifies them. The load comes from the client in C."""
import ctypes
import os
import ssl
import string
import subprocess
import time

from bench import ANSWER_MARK, DELTA_MARK, DELTAS, interleaved
from crowds import hold
from protocols import agent_request, request
from processes import free_port, rss, start, stop, until_serving

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "provider.test"
STREAMS = 2000
PACE_US = 200_000
POOLS = "  same: {members: [{target: at-openai}]}\n"


class Providers:
    """nginx with TLS before the mock provider, and nginx as a proxy that calls it with TLS."""

    def __init__(self, bench):
        self.bench = bench
        self.http1, self.http2, self.proxy = free_port(), free_port(), free_port()
        self.certificate = f"{bench.directory}/tls-certificate.pem"
        key = f"{bench.directory}/tls-key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                        "-addext", f"subjectAltName=IP:127.0.0.1,DNS:{NAME}", "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        values = {"upstream": bench.upstream, "certificate": self.certificate, "key": key, "name": NAME,
                  "http1": self.http1, "http2": self.http2, "port": self.proxy}
        self.servers = self.start("nginx-tls-provider", self.http1, values, tls=True)
        self.nginx = self.start("nginx-tls-proxy", self.proxy, values, tls=False)

    def start(self, name, port, values, tls):
        directory = f"{self.bench.directory}/{name}"
        os.makedirs(directory, exist_ok=True)
        with open(f"{HERE}/{name}.conf") as f:
            text = string.Template(f.read()).substitute(values, directory=directory)
        with open(f"{directory}/nginx.conf", "w") as f:
            f.write(text)
        process = start(["nginx", "-p", directory, "-e", f"{directory}/error.log", "-c", f"{directory}/nginx.conf"])
        if tls:
            time.sleep(1)
        elif until_serving(process, port) is None:
            raise SystemExit(f"{name} did not start")
        return process

    def gateway(self, port, settings="", wishes=""):
        # Providers have names, by which sessions are resumed and share their settings; nginx asks for this one too.
        named = settings + f", tls: {{server_name: {NAME}}}"
        return self.bench.gateway(wishes, POOLS, address=f"https://127.0.0.1:{port}", settings=named, name="tls", SSL_CERT_FILE=self.certificate)

    def stop(self):
        stop(self.nginx)
        stop(self.servers)


def per_request(bench, peers, message, connections, count, rounds):
    """Medians of CPU µs per request, by name. A peer is its port, its process and its model."""
    def measure(name):
        port, pid, model = peers[name]
        result = bench.load(port, pid, message(model), connections, count, ANSWER_MARK)
        if result.good != count:
            raise SystemExit(f"{name} answered {result.good} of {count} requests")
        return result.cpu / count

    for name in peers:
        measure(name)
    return interleaved(list(peers), rounds, measure)


def add_tls_requests(bench, table):
    rounds = 5 if bench.quick else 9
    providers = Providers(bench)
    with providers.gateway(providers.http1) as first, providers.gateway(providers.http2, ", http_version: 2") as second:
        peers = {"nginx": (providers.proxy, providers.nginx.pid, "same"), "same protocol": (first.port, first.pid, "same"),
                 "translated": (first.port, first.pid, "to-anthropic"), "over HTTP/2": (second.port, second.pid, "same")}
        for connections, limit in (1, 1.5), (8, 1.35), (64, 1.35):
            count = 1000 if connections == 1 else 4000
            costs = per_request(bench, peers, lambda model: request("openai", model, False), connections, count, rounds)
            table.add(f"TLS, c={connections} nginx", f"CPU {costs['nginx']:.1f} µs")
            for name, most in ("same protocol", limit), ("over HTTP/2", 1.6):
                table.ratio(f"TLS, c={connections} CPU per request, {name}", costs[name], "µs", costs["nginx"], "nginx", most)
            table.ratio(f"TLS, c={connections} CPU per request, translated", costs["translated"], "µs", costs["same protocol"], "same protocol", 1.6)
        costs = per_request(bench, peers, agent_request, 1, 100, rounds)
        size = len(agent_request("same")) // 1000
        table.add(f"TLS, agent request of {size} KB, nginx", f"CPU {costs['nginx']:.0f} µs")
        for name, most in ("same protocol", 1.6), ("translated", 3), ("over HTTP/2", 3):
            table.ratio(f"TLS, agent request of {size} KB, {name}", costs[name], "µs", costs["nginx"], "nginx", most)
    providers.stop()


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]


def allocated():
    """Bytes in use of the C library's heap."""
    function = ctypes.CDLL(None).mallinfo2
    function.restype = Mallinfo
    info = function()
    return info.uordblks + info.hblkhd


def own_of_openssl(certificate, key):
    """KiB that a client's connection costs in OpenSSL itself once it has read its session tickets and a first byte."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    server.load_cert_chain(certificate, key)
    clients, servers, before = [], [], allocated()
    for _ in range(300):
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        clients.append(client.wrap_bio(to_client, to_server, server_hostname=NAME))
        servers.append(server.wrap_bio(to_server, to_client, server_side=True))
        for _ in range(3):
            for end in clients[-1], servers[-1]:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    pass
        servers[-1].write(b"x")
        clients[-1].read(1)
    servers.clear()
    return (allocated() - before) / 1024 / len(clients)


def add_tls_streams(bench, table):
    providers = Providers(bench)
    own = own_of_openssl(providers.certificate, f"{bench.directory}/tls-key.pem")
    expected = STREAMS * DELTAS
    message = request("openai", "same", True)
    for name, port, settings in ("HTTP/1.1", providers.http1, ""), ("HTTP/2", providers.http2, ", http_version: 2"):
        with providers.gateway(port, settings, f"/p={PACE_US}") as gateway:
            gateway.load(request("openai", "same", False), 8, 200, ANSWER_MARK)
            gateway.load(message, STREAMS, STREAMS, DELTA_MARK)
            result = gateway.load(message, STREAMS, STREAMS, DELTA_MARK)
            table.add(f"{STREAMS} streams over TLS, an event each {PACE_US // 1000} ms, {name}", f"{result.marks} of {expected} events, CPU {result.cpu / expected:.1f} µs an event",
                      f"{expected - result.marks} lost, {result.failed} failed", "0 lost", result.marks == expected and result.failed == 0)
        with providers.gateway(port, settings, "/i=1") as gateway:
            gateway.load(request("openai", "same", False), 8, 200, ANSWER_MARK)
            held, each = hold(bench, gateway.port, gateway.pid, message, STREAMS)
            beyond = each - own
            table.add(f"{STREAMS} open streams over TLS, {name}", f"{held} held, {each:.1f} KiB each, {own:.1f} of them OpenSSL's", f"{beyond:.1f} KiB beyond it", "<= 20 KiB",
                      held == STREAMS and beyond <= 20)
    providers.stop()
