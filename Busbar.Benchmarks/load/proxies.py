"""Busbar beside a direct call, nginx and a bare proxy: requests, streams, start and memory. The load comes from wrk."""
import http.client
import os
import socket
import statistics
import string
import subprocess
import threading
import time

from bench import DELTAS
from protocols import TOKEN, request
from processes import cpu, cpu_since, free_port, rss, start, stop, until_serving

HERE = os.path.dirname(os.path.abspath(__file__))
EVENTS = DELTAS + 2  # what opens and what ends a stream
POOLS = """\
  same: {members: [{target: at-openai}, {target: at-extra-0}]}
  translated: {members: [{target: at-anthropic}]}
"""
SECOND_PROVIDER = "openai /"


class Peer:
    def __init__(self, name, port, pid=None, model="same"):
        self.name, self.port, self.pid, self.model = name, port, pid, model

    def load(self, connections, seconds, stream=False):
        """One run of wrk: requests a second, p50 and p99 in µs, CPU µs per request, failures."""
        before = cpu(self.pid) if self.pid else {}
        output = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", f"{HERE}/chat.lua", f"http://127.0.0.1:{self.port}"],
            capture_output=True, text=True, env={**os.environ, "MODEL": self.model, "TOKEN": TOKEN, "STREAM": str(stream).lower()}).stdout
        spent = cpu_since(self.pid, before) if self.pid else 0
        line = next((l for l in output.splitlines() if l.startswith("RESULT")), None)
        if line is None:
            raise SystemExit(f"wrk said nothing about {self.name}:\n{output}")
        requests, duration, p50, p99, failures = (float(x) for x in line.split()[1:])
        return {"rate": requests / (duration / 1e6), "p50": p50, "p99": p99, "cpu": spent / max(requests, 1), "failures": failures}

    def answers(self):
        """Whether one plain and one streamed request get what they should."""
        for stream, mark in (False, b'"choices"'), (True, b" token"):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            head, body = request("openai", self.model, stream).split(b"\r\n\r\n", 1)
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            try:
                connection.request("POST", "/v1/chat/completions", body, headers)
                answer = connection.getresponse()
                if answer.status != 200 or mark not in answer.read():
                    return False
            except (OSError, http.client.HTTPException):
                return False
            finally:
                connection.close()
        return True

    def first_event(self, connection):
        """µs from sending a streamed request to the first data."""
        begin = time.perf_counter()
        connection.sendall(request("openai", self.model, True))
        seen, first = b"", None
        while not seen.endswith(b"0\r\n\r\n"):
            piece = connection.recv(65536)
            if not piece:
                raise SystemExit(f"{self.name} closed a stream before its end")
            seen += piece
            if first is None and b"data:" in seen:
                first = (time.perf_counter() - begin) * 1e6
        return first


def interleaved(peers, rounds, measure):
    """Medians of every figure, by peer; each round goes the other way through the peers."""
    samples = {peer.name: [] for peer in peers}
    for round_ in range(rounds):
        for peer in peers if round_ % 2 == 0 else peers[::-1]:
            samples[peer.name].append(measure(peer))
    return {name: {key: statistics.median(s[key] for s in runs) for key in runs[0]} for name, runs in samples.items()}


def add_requests(table, peers, connections, rounds, seconds):
    results = interleaved(peers, rounds, lambda peer: peer.load(connections, seconds))
    direct = results["direct"]
    for peer in peers:
        r = results[peer.name]
        failures = f", {r['failures']:.0f} FAILURES" if r["failures"] else ""
        if peer.name == "direct":
            table.add(f"c={connections} direct", f"{r['rate']:.0f}/s, p50 {r['p50']:.0f} p99 {r['p99']:.0f} µs{failures}")
        else:
            table.add(f"c={connections} {peer.name}",
                      f"{r['rate']:.0f}/s, p50 {r['p50'] - direct['p50']:+.0f} p99 {r['p99'] - direct['p99']:+.0f} µs, CPU {r['cpu']:.1f} µs{failures}",
                      f"{r['rate'] / direct['rate']:.2f} x direct's rate")
    same, translated = results["busbar same"]["cpu"], results["busbar translated"]["cpu"]
    figure = f"c={connections} CPU per request, "
    table.ratio(figure + "same protocol", same, "µs", results["bare proxy"]["cpu"], "bare proxy", 1.25)
    table.ratio(figure + "same protocol", same, "µs", results["nginx"]["cpu"], "nginx", 1.8)
    table.ratio(figure + "translated", translated, "µs", same, "same protocol", 1.6)


def add_streams(table, peers, rounds, seconds):
    through = [peer for peer in peers if peer.pid]
    results = interleaved(through, rounds, lambda peer: peer.load(16, seconds, stream=True))
    for peer in through:
        r = results[peer.name]
        failures = f", {r['failures']:.0f} FAILURES" if r["failures"] else ""
        table.add(f"streams, {peer.name}", f"{r['rate'] * EVENTS:.0f} events/s, CPU {r['cpu'] / EVENTS:.2f} µs per event{failures}")
    per_event = {name: r["cpu"] / EVENTS for name, r in results.items()}
    table.ratio("stream CPU per event, translated", per_event["busbar translated"], "µs", per_event["busbar same"], "same protocol", 2)


def add_first_event(table, peers, times):
    connections = {peer.name: socket.create_connection(("127.0.0.1", peer.port), 10) for peer in peers}
    samples = {peer.name: [] for peer in peers}
    for connection in connections.values():
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(times):
        for peer in peers:
            samples[peer.name].append(peer.first_event(connections[peer.name]))
    for connection in connections.values():
        connection.close()
    medians = {name: statistics.median(values) for name, values in samples.items()}
    added = {name: value - medians["direct"] for name, value in medians.items()}
    for name in ("nginx", "bare proxy", "busbar translated"):
        table.add(f"added time to first event, {name}", f"{added[name]:.1f} µs")
    table.ratio("added time to first event, same protocol", added["busbar same"], "µs", added["bare proxy"], "bare proxy", 1.3)


def start_nginx(bench):
    port = free_port()
    with open(f"{HERE}/nginx.conf") as f:
        text = string.Template(f.read()).substitute(directory=bench.directory, port=port, upstream=bench.upstream)
    with open(f"{bench.directory}/nginx.conf", "w") as f:
        f.write(text)
    process = start(["nginx", "-p", bench.directory, "-e", f"{bench.directory}/nginx-error.log", "-c", f"{bench.directory}/nginx.conf"])
    return Peer("nginx", port, process.pid), process


def start_bare(bench):
    port = free_port()
    process = start([f"{bench.tools}/bare-proxy", str(port), str(bench.upstream)])
    return Peer("bare proxy", port, process.pid), process


def start_busbar(bench):
    return bench.gateway(pools=POOLS, providers=SECOND_PROVIDER, name="proxies")


def add_proxies(bench, table):
    rounds, seconds, firsts = (3, 1, 15) if bench.quick else (5, 2, 40)
    (nginx, nginx_process), (bare, bare_process) = start_nginx(bench), start_bare(bench)
    if until_serving(nginx_process, nginx.port) is None or until_serving(bare_process, bare.port) is None:
        raise SystemExit("nginx or the bare proxy did not start")
    with start_busbar(bench) as gateway:
        peers = [Peer("direct", bench.upstream), nginx, bare,
                 Peer("busbar same", gateway.port, gateway.pid), Peer("busbar translated", gateway.port, gateway.pid, "translated")]
        for peer in peers:
            if not peer.answers():
                raise SystemExit(f"{peer.name} does not answer a plain and a streamed request as it should")
        for connections in 1, 8, 64:
            add_requests(table, peers, connections, rounds, seconds)
        add_streams(table, peers, rounds, seconds)
        add_first_event(table, peers, firsts)
    stop(nginx_process)
    stop(bare_process)


def add_cold_start(bench, table):
    samples = []
    for _ in range(7 if bench.quick else 21):
        with start_busbar(bench) as gateway:
            samples.append(gateway.came_up_in)
    table.limit("cold start to 200 on /healthz", statistics.median(samples) * 1e3, "ms", 25)


def add_memory(bench, table):
    seconds = 10 if bench.quick else 60
    with start_busbar(bench) as gateway:
        time.sleep(2)
        table.limit("memory idle", rss(gateway.pid), "MiB", 20)
        samples, over = [], threading.Event()

        def sample():
            while not over.wait(0.5):
                samples.append(rss(gateway.pid))

        thread = threading.Thread(target=sample)
        thread.start()
        Peer("busbar same", gateway.port, gateway.pid).load(64, seconds)
        over.set()
        thread.join()
        time.sleep(3)
        half, quarter = len(samples) // 2, len(samples) // 4
        growth = statistics.median(samples[-quarter:]) - statistics.median(samples[half:half + quarter])
        table.limit(f"memory under {seconds} s of load, c=64, highest", max(samples), "MiB", 45)
        # Half a MiB is what one reading differs from the next.
        table.limit("memory growth over the last half of it", growth, "MiB", 0.5)
        table.add("memory 3 s after the load", f"{rss(gateway.pid):.1f} MiB")
