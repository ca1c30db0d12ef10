#!/usr/bin/env python3
"""Side-by-side load comparison: a direct call, nginx, a bare proxy and Busbar, all on loopback, in interleaved rounds.

Everything it starts it stops. Compare rows of one run only: the figures of a shared machine wander from run to run.
"""
import argparse
import http.client
import os
import signal
import socket
import statistics
import string
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOKEN = "bench-0123456789abcdef0123456789abcdef"
DELTAS = 64
EVENTS = DELTAS + 2  # what opens and what ends a stream
PACE_US = 2000
CONFIG = """\
listen: 127.0.0.1:$port
auth:
  mode: token
  client_tokens: ["$token"]
providers:
  first: {protocol: openai, base_url: "http://127.0.0.1:$upstream", allow_private_network: true, api_key_env: BENCH_KEY}
  second: {protocol: openai, base_url: "http://127.0.0.1:$upstream", allow_private_network: true, api_key_env: BENCH_KEY}
  other: {protocol: anthropic, base_url: "http://127.0.0.1:$upstream", allow_private_network: true, api_key_env: BENCH_KEY}
models:
  first-model: {provider: first, max_concurrent: 1000}
  second-model: {provider: second, max_concurrent: 1000}
  other-model: {provider: other, max_concurrent: 1000}
pools:
  same:
    members: [{target: first-model}, {target: second-model}]
  translated:
    members: [{target: other-model}]
"""

processes = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command, **environment):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
    processes.append(process)
    return process


def stop(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    processes.remove(process)


def until_serving(process, port, path="/healthz", limit=10.0):
    """Seconds until the first 200, or None when the process ends or the limit passes."""
    begin = time.perf_counter()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    while time.perf_counter() - begin < limit:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as s:
                s.sendall(request)
                if s.recv(4096).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - begin
        except OSError:
            if process.poll() is not None:
                return None
        time.sleep(0.0003)
    return None


def family(pid):
    """The process and its children."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in f.read().split():
                found += family(int(child))
    return found


def cpu(pid):
    """Nanoseconds on a CPU so far, by thread."""
    times = {}
    for member in family(pid):
        for task in os.listdir(f"/proc/{member}/task"):
            try:
                with open(f"/proc/{member}/task/{task}/schedstat") as f:
                    times[task] = int(f.read().split()[0])
            except OSError:
                pass  # a thread that ended between the listing and the read
    return times


def rss(pid):
    """MiB resident, children included."""
    total = 0
    for member in family(pid):
        with open(f"/proc/{member}/status") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
    return total / 1024


class Peer:
    def __init__(self, name, port, pid=None, model="same"):
        self.name, self.port, self.pid, self.model = name, port, pid, model

    def load(self, connections, seconds, stream=False):
        """One run of wrk: requests a second, p50 and p99 in µs, CPU µs per request, failures."""
        before = cpu(self.pid) if self.pid else {}
        output = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", f"{HERE}/chat.lua", f"http://127.0.0.1:{self.port}"],
            capture_output=True, text=True, env={**os.environ, "MODEL": self.model, "TOKEN": TOKEN, "STREAM": str(stream).lower()}).stdout
        after = cpu(self.pid) if self.pid else {}
        line = next((l for l in output.splitlines() if l.startswith("RESULT")), None)
        if line is None:
            raise SystemExit(f"wrk said nothing about {self.name}:\n{output}")
        requests, duration, p50, p99, failures = (float(x) for x in line.split()[1:])
        spent = sum(t - before.get(task, 0) for task, t in after.items()) / 1e3
        return {"rate": requests / (duration / 1e6), "p50": p50, "p99": p99, "cpu": spent / max(requests, 1), "failures": failures}

    def request(self, stream):
        content = "x" * 920
        body = f'{{"model":"{self.model}","stream":{str(stream).lower()},"max_tokens":64,"messages":[{{"role":"user","content":"{content}"}}]}}'
        return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()

    def answers(self):
        """Whether one plain and one streamed request get what they should."""
        for stream, mark in (False, b'"choices"'), (True, b" token"):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            head, body = self.request(stream).split(b"\r\n\r\n", 1)
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
        connection.sendall(self.request(True))
        seen, first = b"", None
        while not seen.endswith(b"0\r\n\r\n"):
            piece = connection.recv(65536)
            if not piece:
                raise SystemExit(f"{self.name} closed a stream before its end")
            seen += piece
            if first is None and b"data:" in seen:
                first = (time.perf_counter() - begin) * 1e6
        return first


class Table:
    def __init__(self):
        self.rows = []

    def add(self, figure, measured, ratio="", target="", met=None):
        self.rows.append((figure, measured, ratio, target, "" if met is None else "met" if met else "MISSED"))

    def ratio(self, figure, value, unit, base, base_name, limit):
        if value is None or not base or base <= 0:
            self.add(figure, "not measured", "", f"<= {limit:g} x {base_name}")
            return
        r = value / base
        self.add(figure, f"{value:.1f} {unit}", f"{r:.2f} x {base_name}", f"<= {limit:g} x {base_name}", r <= limit)

    def limit(self, figure, value, unit, limit):
        self.add(figure, "not measured" if value is None else f"{value:.1f} {unit}", "", f"<= {limit:g} {unit}", None if value is None else value <= limit)

    def show(self):
        rows = [("figure", "measured", "ratio", "target", "")] + self.rows
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        for i, row in enumerate(rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
            if i == 0:
                print("  ".join("-" * width for width in widths))


def interleaved(peers, rounds, measure):
    """Medians of every figure, by peer; each round goes the other way through the peers."""
    samples = {peer.name: [] for peer in peers}
    for round_ in range(rounds):
        for peer in peers if round_ % 2 == 0 else peers[::-1]:
            samples[peer.name].append(measure(peer))
    return {name: {key: statistics.median(s[key] for s in runs) for key in runs[0]} for name, runs in samples.items()}


def median_cpu(results, name):
    return results[name]["cpu"] if name in results else None


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
    same, translated = median_cpu(results, "busbar same"), median_cpu(results, "busbar translated")
    figure = f"c={connections} CPU per request, "
    table.ratio(figure + "same protocol", same, "µs", median_cpu(results, "bare proxy"), "bare proxy", 1.25)
    table.ratio(figure + "same protocol", same, "µs", median_cpu(results, "nginx"), "nginx", 1.8)
    table.ratio(figure + "translated", translated, "µs", same, "same protocol", 1.6)


def add_streams(table, peers, rounds, seconds):
    through = [peer for peer in peers if peer.pid]
    results = interleaved(through, rounds, lambda peer: peer.load(16, seconds, stream=True))
    for peer in through:
        r = results[peer.name]
        failures = f", {r['failures']:.0f} FAILURES" if r["failures"] else ""
        table.add(f"streams, {peer.name}", f"{r['rate'] * EVENTS:.0f} events/s, CPU {r['cpu'] / EVENTS:.2f} µs per event{failures}")
    per_event = {name: r["cpu"] / EVENTS for name, r in results.items()}
    table.ratio("stream CPU per event, translated", per_event.get("busbar translated"), "µs", per_event.get("busbar same"), "same protocol", 2)


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
        if name in added:
            table.add(f"added time to first event, {name}", f"{added[name]:.1f} µs")
    table.ratio("added time to first event, same protocol", added.get("busbar same"), "µs", added["bare proxy"], "bare proxy", 1.3)


def add_cold_start(table, command, times):
    samples = []
    for _ in range(times):
        process, port = command()
        samples.append(until_serving(process, port))
        stop(process)
    table.limit("cold start to 200 on /healthz", None if None in samples else statistics.median(samples) * 1e3, "ms", 25)


def add_memory(table, command, seconds):
    process, port = command()
    if until_serving(process, port) is None:
        raise SystemExit("busbar did not come up for the memory run")
    time.sleep(2)
    table.limit("memory idle", rss(process.pid), "MiB", 20)
    samples, over = [], threading.Event()

    def sample():
        while not over.wait(0.5):
            samples.append(rss(process.pid))

    thread = threading.Thread(target=sample)
    thread.start()
    Peer("busbar same", port, process.pid).load(64, seconds)
    over.set()
    thread.join()
    time.sleep(3)
    half, quarter = len(samples) // 2, len(samples) // 4
    growth = statistics.median(samples[-quarter:]) - statistics.median(samples[half:half + quarter])
    table.limit(f"memory under {seconds} s of load, c=64, highest", max(samples), "MiB", 45)
    # Half a MiB is what one reading differs from the next.
    table.limit("memory growth over the last half of it", growth, "MiB", 0.5)
    table.add("memory 3 s after the load", f"{rss(process.pid):.1f} MiB")
    stop(process)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--busbar", required=True, help="the binary")
    options.add_argument("--tools", required=True, help="where bare-proxy and upstream lie")
    options.add_argument("--quick", action="store_true", help="under two minutes, less certain")
    options = options.parse_args()
    rounds, seconds, firsts, colds, memory = (1, 2, 15, 7, 10) if options.quick else (3, 3, 40, 21, 60)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    table = Table()
    with tempfile.TemporaryDirectory(prefix="busbar-bench-") as directory:
        try:
            return compare(options, table, directory, rounds, seconds, firsts, colds, memory)
        finally:
            for process in list(processes):
                stop(process)


def compare(options, table, directory, rounds, seconds, firsts, colds, memory):
    upstream = free_port()
    mock = start([f"{options.tools}/upstream", str(upstream), str(DELTAS), str(PACE_US)])
    if until_serving(mock, upstream, "/count") is None:
        raise SystemExit("the mock provider did not start")
    nginx_port, bare_port = free_port(), free_port()
    with open(f"{HERE}/nginx.conf") as f:
        text = string.Template(f.read()).substitute(directory=directory, port=nginx_port, upstream=upstream)
    with open(f"{directory}/nginx.conf", "w") as f:
        f.write(text)
    nginx = start(["nginx", "-p", directory, "-e", f"{directory}/nginx-error.log", "-c", f"{directory}/nginx.conf"])
    bare = start([f"{options.tools}/bare-proxy", str(bare_port), str(upstream)])
    if until_serving(nginx, nginx_port) is None or until_serving(bare, bare_port) is None:
        raise SystemExit("nginx or the bare proxy did not start")

    def busbar():
        port = free_port()
        path = f"{directory}/config-{port}.yaml"
        with open(path, "w") as f:
            f.write(string.Template(CONFIG).substitute(port=port, upstream=upstream, token=TOKEN))
        return start([os.path.abspath(options.busbar), "--config", path], BENCH_KEY="sk-bench"), port

    peers = [Peer("direct", upstream), Peer("nginx", nginx_port, nginx.pid), Peer("bare proxy", bare_port, bare.pid)]
    process, port = busbar()
    served = until_serving(process, port) is not None
    if served:
        peers += [Peer("busbar same", port, process.pid), Peer("busbar translated", port, process.pid, "translated")]
    else:
        print(f"{options.busbar} does not serve: only the other peers are measured", file=sys.stderr)
    for peer in peers:
        if not peer.answers():
            raise SystemExit(f"{peer.name} does not answer a plain and a streamed request as it should")
    for connections in 1, 8, 64:
        add_requests(table, peers, connections, rounds, seconds)
    add_streams(table, peers, rounds, seconds)
    add_first_event(table, peers, firsts)
    if served:
        add_cold_start(table, busbar, colds)
        add_memory(table, busbar, memory)
    table.limit("binary", os.path.getsize(options.busbar) / 2**20, "MiB", 20)
    print(f"{os.cpu_count()} cores; medians of {rounds} interleaved round(s) of {seconds} s; 1 KB requests; nginx with one worker per core;\n"
          f"streams: c=16, {DELTAS} deltas {PACE_US / 1000:g} ms apart, CPU includes their opening and end\n")
    table.show()
    return 0 if served else 1


if __name__ == "__main__":
    sys.exit(main())
