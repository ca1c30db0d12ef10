"""What it costs to record traces, beside the same gateway that records none."""
import http.server
import threading

from bench import interleaved
from protocols import request

CASES = {"none": None, "a tenth": 0.1, "every request": 1}
LIMIT = 1.15


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes whatever is sent."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def collect():
    """A running collector; who asked for it shuts it down."""
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    return collector


def section(collector, share):
    """The part of a configuration that records this share of all traces."""
    return f"observability: {{otlp_endpoint: 'http://127.0.0.1:{collector.server_port}', otlp_sample_ratio: {share}}}"


def add_tracing(bench, table):
    starts, requests = (5, 4000) if bench.quick else (9, 10000)
    collector = collect()
    message = request("openai", "to-openai", False)

    def measure(case):
        # Started anew: one start differs from the next by a tenth.
        with bench.gateway(limits=section(collector, CASES[case]) if CASES[case] else "", name="tracing") as gateway:
            gateway.load(message, 8, 1000)
            return gateway.load(message, 8, requests).cpu / requests

    costs = interleaved(list(CASES), starts, measure)
    collector.shutdown()
    table.add("traces of none, c=8", f"CPU {costs['none']:.1f} µs")
    table.ratio("traces of a tenth, c=8, CPU per request", costs["a tenth"], "µs", costs["none"], "none", LIMIT)
    table.ratio("traces of every request, c=8, CPU per request", costs["every request"], "µs", costs["none"], "none", LIMIT)
