#!/usr/bin/env python3
"""Mixed traffic for some minutes: all six protocols, several providers, failing ones and clients that leave.

Prints what the process holds minute by minute and fails when any of it grows after the first third.
"""
import argparse
import os
import random
import selectors
import signal
import socket
import statistics
import sys
import time

import processes
from bench import Bench
from protocols import PROTOCOLS, request
from table import Table

CALLERS = 48
SAMPLE_SECONDS = 2.0
# Each provider fails in its own way; the pools go on to the sound ones.
PROVIDERS = """\
openai /e=503
anthropic /e=429
gemini /x=0
openai /x=5
anthropic /w=30000
"""
POOLS = """\
  mixed:
    breaker: {base_cooldown_secs: 1, max_cooldown_secs: 2}
    members: [{target: at-extra-0}, {target: at-openai}, {target: at-extra-1}, {target: at-anthropic}, {target: at-extra-2}, {target: at-gemini}, {target: at-bedrock}, {target: at-responses}, {target: at-cohere}]
  cut:
    breaker: {trip: {mode: consecutive, n: 1000000}}
    members: [{target: at-extra-3}]
  slow:
    members: [{target: at-extra-4}]
"""
TARGETS = [f"to-{protocol}" for protocol in PROTOCOLS] + ["mixed"] * 4 + ["cut", "slow"]


class Caller:
    """One connection: sends a random request, reads the answer or leaves in the middle of it, and begins again."""

    def __init__(self, port, selector, chance, counts):
        self.port, self.selector, self.chance, self.counts = port, selector, chance, counts
        self.socket = None
        self.begin()

    def begin(self):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), 10)
            self.selector.register(self.socket, selectors.EVENT_READ, self)
        size = self.chance.choice((200, 920, 4000, 60_000))
        stream = self.chance.random() < 0.6
        self.seen, self.length = b"", None
        # One in ten goes away, early or late in its answer.
        self.leaves_at = self.chance.choice((1, 300, 2000)) if self.chance.random() < 0.1 else None
        self.began = time.monotonic()
        try:
            self.socket.sendall(request(self.chance.choice(PROTOCOLS), self.chance.choice(TARGETS), stream, text="x" * size))
        except OSError:
            pass  # reading tells

    def end(self, how):
        self.counts[how] = self.counts.get(how, 0) + 1

    def close(self):
        self.selector.unregister(self.socket)
        self.socket.close()
        self.socket = None

    def on_readable(self):
        try:
            piece = self.socket.recv(262144)
        except OSError:
            piece = b""
        self.seen += piece
        if self.leaves_at is not None and len(self.seen) >= self.leaves_at:
            self.end("left")
            self.close()
        elif not piece:
            self.end("cut")
            self.close()
        elif self.is_complete():
            self.end(self.seen[9:12].decode())
        else:
            return
        self.begin()

    def is_complete(self):
        head, mark, body = self.seen.partition(b"\r\n\r\n")
        if not mark:
            return False
        if self.length is None:
            lines = head.lower().split(b"\r\n")
            self.length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), -1)
        return len(body) >= self.length if self.length >= 0 else body.endswith(b"\r\n0\r\n\r\n")


def connections(pid):
    """TCP connections that are open now."""
    with open(f"/proc/{pid}/net/tcp") as f:
        established = {line.split()[9] for line in f.readlines()[1:] if line.split()[3] == "01"}
    count = 0
    for handle in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{handle}")
        except OSError:
            continue  # closed since the listing
        count += target.startswith("socket:[") and target[8:-1] in established
    return count


# What is watched: how it is read, its unit, and how far the last third may lie above the second, as a share and in units. The traffic
# wanders by itself, and pools of buffers and connections follow it.
WATCHED = {
    "memory": (processes.rss, "MiB", 0.08, 1.5),
    "handles": (processes.handles, "", 0.1, 16),
    "threads": (processes.threads, "", 0, 2),
    "connections": (connections, "", 0.1, 16),
}


def soak(gateway, seconds, chance):
    selector, counts = selectors.DefaultSelector(), {}
    callers = [Caller(gateway.port, selector, chance, counts) for _ in range(CALLERS)]
    samples = {name: [] for name in WATCHED}
    begin, next_sample, next_row = time.monotonic(), 0, 60
    print("minute  answers  " + "  ".join(f"{name:>11}" for name in WATCHED), flush=True)
    while (passed := time.monotonic() - begin) < seconds:
        for key, _ in selector.select(0.1):
            key.data.on_readable()
        if passed >= next_sample:
            next_sample += SAMPLE_SECONDS
            for name, (read, *_) in WATCHED.items():
                samples[name].append(read(gateway.pid))
        if passed >= next_row:
            last = int(60 / SAMPLE_SECONDS)
            print(f"{next_row / 60:6.0f}  {sum(counts.values()):7}  " + "  ".join(f"{statistics.median(values[-last:]):11.1f}" for values in samples.values()), flush=True)
            next_row += 60
        if gateway.process.poll() is not None:
            raise SystemExit(f"busbar ended with {gateway.process.returncode}")
    stuck = sum(time.monotonic() - caller.began > 30 for caller in callers)
    print("\nanswers: " + ", ".join(f"{count} {how}" for how, count in sorted(counts.items())) + f"; {stuck} without an end for 30 s\n")
    return judge(samples, stuck)


def judge(samples, stuck):
    table = Table()
    for name, (_, unit, share, least) in WATCHED.items():
        third = len(samples[name]) // 3
        middle, last = statistics.median(samples[name][third:2 * third]), statistics.median(samples[name][2 * third:])
        allowed = max(share * middle, least)
        table.add(name, f"{middle:.1f} {unit} in the second third, {last:.1f} in the last, {max(samples[name]):.1f} highest", f"{last - middle:+.1f}", f"<= +{allowed:.1f}", last - middle <= allowed)
    table.add("callers without an end", str(stuck), "", "0", stuck == 0)
    table.show()
    return 0 if all(row[-1] != "MISSED" for row in table.rows) else 1


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--busbar", required=True, help="the binary")
    options.add_argument("--tools", required=True, help="where the mock provider lies")
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        bench = Bench(options.busbar, options.tools, quick=False)
        with bench.gateway(pools=POOLS, providers=PROVIDERS, name="soak") as gateway:
            return soak(gateway, options.minutes * 60, random.Random(options.seed))
    finally:
        processes.stop_all()


if __name__ == "__main__":
    sys.exit(main())
