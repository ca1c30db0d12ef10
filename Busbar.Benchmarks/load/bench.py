"""What the measurements share: the mock provider, gateways in front of it, and load on them."""
import collections
import os
import signal
import statistics
import subprocess
import tempfile

from protocols import PROTOCOLS, TOKEN
from processes import cpu, cpu_since, free_port, start, stop, until_serving

DELTAS = 64
PACE_US = 2000
DELTA_MARK = '" token"'
ANSWER_MARK = "Hello there"

Result = collections.namedtuple("Result", "good refused failed marks micros p50 p99 first50 cpu")


class Bench:
    """One run. `tools` is where the compiled mock provider, client and bare proxy lie."""

    def __init__(self, busbar, tools, quick):
        self.busbar, self.tools, self.quick = os.path.abspath(busbar), tools, quick
        self.scratch = tempfile.TemporaryDirectory(prefix="busbar-bench-")
        self.directory = self.scratch.name
        self.upstream = free_port()
        self.mock = start([f"{tools}/upstream", str(self.upstream), str(DELTAS), str(PACE_US)])
        if until_serving(self.mock, self.upstream, "/count") is None:
            raise SystemExit("the mock provider did not start")

    def gateway(self, wishes="", pools="", providers="", limits="", models="", name="gateway", address=None, settings="", **environment):
        """A running gateway with one provider, model and pool `to-X` for each protocol X. `wishes` are the path segments that tell the mock
        provider what to do; `address` stands in front of it where it is not called itself; `settings` are added to every provider, the other texts to their
        sections of the configuration."""
        port = free_port()
        lines = [f"listen: 127.0.0.1:{port}", "auth:", "  mode: token", f'  client_tokens: ["{TOKEN}"]', limits, "providers:"]
        rows = [(protocol, wishes, self.upstream) for protocol in PROTOCOLS] + [(*row.split(), self.upstream)[:3] for row in providers.splitlines()]
        offered, own = ["models:", models], ["pools:"]
        for i, (protocol, path, provider) in enumerate(rows):
            key = protocol if i < len(PROTOCOLS) else f"extra-{i - len(PROTOCOLS)}"
            base = address or f"http://127.0.0.1:{provider}"
            lines.append(f'  {key}: {{protocol: {protocol}, base_url: "{base}{path}", allow_private_network: true, api_key_env: BENCH_KEY{settings}}}')
            offered.append(f"  at-{key}: {{provider: {key}, max_concurrent: 100000}}")
            own.append(f"  to-{key}: {{members: [{{target: at-{key}}}]}}")
        path = f"{self.directory}/{name}-{port}.yaml"
        with open(path, "w") as f:
            f.write("\n".join(lines + offered + own + [pools]) + "\n")
        return Gateway(self, port, start([self.busbar, "--config", path], BENCH_KEY="sk-bench", BENCH_MASTER="7" * 64, **environment), name)

    def load(self, port, pid, request, connections, count, mark, rate=None):
        """Runs the client; `pid` is whose CPU time is counted."""
        path = f"{self.directory}/request"
        with open(path, "wb") as f:
            f.write(request)
        before = cpu(pid)
        command = [f"{self.tools}/client", str(port), str(connections), str(count), path, mark] + ([str(rate)] if rate else [])
        output = subprocess.run(command, capture_output=True, text=True).stdout
        if not output.startswith("RESULT"):
            raise SystemExit(f"the load client said: {output}")
        return Result(*(int(word) for word in output.split()[1:]), cpu_since(pid, before))


class Gateway:
    def __init__(self, bench, port, process, name):
        self.bench, self.port, self.process, self.pid = bench, port, process, process.pid
        self.came_up_in = until_serving(process, port)
        if self.came_up_in is None:
            raise SystemExit(f"busbar did not come up for {name}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.process)

    def load(self, request, connections, count, mark=ANSWER_MARK, rate=None):
        return self.bench.load(self.port, self.pid, request, connections, count, mark, rate)

    def checked(self, request, connections, count, mark, marks):
        """The same, where every answer must come and hold `marks` marks."""
        result = self.load(request, connections, count, mark)
        if result.good != count or result.marks != count * marks:
            raise SystemExit(f"of {count} requests {result.good} were answered with {result.marks} marks instead of {marks} each:\n{request[:200]!r}")
        return result


def interleaved(cases, rounds, measure):
    """Medians over rounds, by case; each round goes the other way through the cases."""
    samples = {case: [] for case in cases}
    for round_ in range(rounds):
        for case in cases if round_ % 2 == 0 else cases[::-1]:
            samples[case].append(measure(case))
    return {case: statistics.median(values) for case, values in samples.items()}
