"""What open pages of the dashboard cost: CPU beside the same load without them, and after the last one is closed."""
import json
import statistics
import threading
import urllib.request

from governance import database_of, settings
from processes import start, stop
from protocols import TOKEN, request

PAGES = 10
RATE = 5000
CONNECTIONS = 64
ADMIN = "a" * 40


def ask(port, path):
    wanted = urllib.request.Request(f"http://127.0.0.1:{port}/admin/{path}", headers={"x-admin-token": ADMIN})
    with urllib.request.urlopen(wanted) as answer:
        return json.load(answer)


class Page:
    """Does over HTTP what the page does in a browser: reads everything once, follows the events, and asks for the status every ten seconds."""

    def __init__(self, port):
        self.port, self.closed = port, threading.Event()
        for path in "status", "figures?count=300", "requests?after=0", "lanes":
            ask(port, path)
        self.events = start(["curl", "-sN", "-o", "/dev/null", "-H", f"x-admin-token: {ADMIN}", f"http://127.0.0.1:{port}/admin/events"])
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        while not self.closed.wait(10):
            ask(self.port, "status")

    def close(self):
        self.closed.set()
        stop(self.events)


def add_pages(bench, table):
    rounds, seconds = (8, 4) if bench.quick else (24, 6)
    plain = request("openai", "to-openai", False)
    never, closed, of_core, rates = [], [], [], []
    with bench.gateway(limits=settings(database_of(bench, "pages", [TOKEN])), name="pages") as gateway:

        def measure():
            result = gateway.load(plain, CONNECTIONS, RATE * seconds, rate=RATE)
            if result.good != RATE * seconds:
                raise SystemExit(f"of {RATE * seconds} requests {result.good} were answered")
            rates.append(result.good / result.micros * 1e6)
            return result.cpu / result.good, result.cpu / result.micros

        measure()  # not counted: connections are made, tables grown
        never = [measure()[0] for _ in range(rounds)]
        for _ in range(rounds):
            pages = [Page(gateway.port) for _ in range(PAGES)]
            with_pages = measure()[1]
            for page in pages:
                page.close()
            request_cost, without = measure()
            closed.append(request_cost)
            of_core.append(with_pages - without)  # of neighbours in time: the machine wanders
    table.limit(f"CPU of {PAGES} open pages at {statistics.median(rates):.0f} requests/s, of a core", statistics.median(of_core) * 100, "%", 2)
    table.ratio("CPU per request, pages closed again", statistics.median(closed), "µs", statistics.median(never), "before", 1.03)
