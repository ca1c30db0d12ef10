"""Writes the order in which the binary's methods lie: the ones that serve requests first, the most used of them at the head.

A request runs through some 1,300 methods, a few hundred bytes each, which are strewn over 12 MB otherwise: each then costs a line of the
instruction cache, and often an entry of the TLB, of its own.
"""
import argparse
import collections
import signal
import subprocess
import sys
import time

import tls
import tracing
from bench import ANSWER_MARK, DELTA_MARK, Bench
from processes import stop_all
from protocols import PROTOCOLS, agent_request, request

SECTION = "__managedcode"


def managed_methods(binary):
    """Symbols of compiled C#, by name."""
    rows = [line.split(None, 2) for line in subprocess.run(["nm", binary], capture_output=True, text=True, check=True).stdout.splitlines()]
    symbols = [(int(row[0], 16), row[2]) for row in rows if len(row) == 3 and row[1] in "tT"]
    first, last = section(binary)
    return {name for address, name in symbols if first <= address < last and not name.startswith("__")}


def section(binary):
    """Where the section of compiled C# begins and ends."""
    for line in subprocess.run(["readelf", "-SW", binary], capture_output=True, text=True, check=True).stdout.splitlines():
        if SECTION in line:
            words = line[line.index(SECTION):].split()
            return int(words[2], 16), int(words[2], 16) + int(words[4], 16)
    raise SystemExit(f"{binary} has no section {SECTION}: it must not be stripped")


def serve(gateway):
    """What a gateway lives on: small requests of one protocol above all, every pair of protocols, streams, and large bodies."""
    for connections, count in (1, 2000), (8, 15000), (64, 15000):
        gateway.load(request("openai", "same", False), connections, count, ANSWER_MARK)
    for ingress in PROTOCOLS:
        for egress in PROTOCOLS:
            gateway.load(request(ingress, "to-" + egress, False), 8, 1500, ANSWER_MARK)
            gateway.load(request(ingress, "to-" + egress, True), 32, 200, DELTA_MARK)
    for model in "same", "to-anthropic":
        gateway.load(agent_request(model), 2, 300, ANSWER_MARK)


def sampled(pid, work, path):
    """Samples by symbol while `work` runs."""
    recorder = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock:u", "-F", "4999", "-o", path, "-p", str(pid)], stderr=subprocess.DEVNULL)
    time.sleep(1)
    work()
    recorder.send_signal(signal.SIGINT)
    recorder.wait()
    lines = subprocess.run(["perf", "script", "-i", path, "-F", "ip,sym"], capture_output=True, text=True, check=True).stdout.splitlines()
    return collections.Counter(line.strip().split(" ", 1)[-1] for line in lines if line.strip())


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--busbar", required=True, help="the binary with its symbols")
    arguments.add_argument("--tools", required=True, help="where the mock provider and the client lie")
    arguments.add_argument("--output", required=True, help="the file to write")
    options = arguments.parse_args()
    methods = managed_methods(options.busbar)
    bench = Bench(options.busbar, options.tools, quick=True)
    providers, collector = tls.Providers(bench), tracing.collect()
    shares = collections.Counter()
    try:
        for gateway in (providers.gateway(providers.http1), bench.gateway(pools=tls.POOLS),
                        bench.gateway(pools=tls.POOLS, limits=tracing.section(collector, 1))):
            with gateway:
                samples = sampled(gateway.pid, lambda gateway=gateway: serve(gateway), f"{bench.directory}/samples")
            total = sum(samples.values())
            for name, count in samples.items():
                if name in methods:
                    shares[name] += count / total
    finally:
        stop_all()
    if len(shares) < 500:
        raise SystemExit(f"only {len(shares)} methods were seen at work: are there symbols in {options.busbar}, and may perf read them?")
    with open(options.output, "w") as f:
        f.writelines(name + "\n" for name, _ in sorted(shares.items(), key=lambda row: (-row[1], row[0])))
    print(f"{options.output}: {len(shares)} methods, {sum(shares.values()) / 3:.0%} of the time outside the kernel", file=sys.stderr)


if __name__ == "__main__":
    main()
