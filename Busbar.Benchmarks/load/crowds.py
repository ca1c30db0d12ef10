"""Many streams at once, failing providers, more load than there is capacity."""
import resource
import subprocess
import threading
import time

from bench import ANSWER_MARK, DELTA_MARK, DELTAS
from protocols import request
from processes import rss, stop, until_serving
from proxies import start_bare

# Never opens, so that each request meets the failing member.
FAILOVER_POOL = """\
  failover:
    breaker: {trip: {mode: consecutive, n: 1000000}}
    members: [{target: at-extra-0, weight: 1000000}, {target: at-openai}]
  failing:
    breaker: {trip: {mode: consecutive, n: 1000000}}
    members: [{target: at-extra-0}]
"""


def add_paced(bench, table):
    streams, pace = 512, 20_000
    with bench.gateway(wishes=f"/p={pace}", name="paced") as gateway:
        for egress in "openai", "anthropic":
            expected = streams * 2 * DELTAS
            result = gateway.load(request("openai", "to-" + egress, True), streams, streams * 2, DELTA_MARK)
            lost = expected - result.marks
            table.add(f"{streams} streams, an event each {pace // 1000} ms, openai to {egress}",
                      f"{result.marks} of {expected} events, p50 {result.p50 / 1e3:.0f} ms a stream, CPU {result.cpu / expected:.1f} µs an event",
                      f"{lost} lost, {result.failed} failed", "0 lost", lost == 0 and result.failed == 0)


def hold(bench, port, pid, message, count):
    """Opens `count` streams, waits until each had its first event, and returns how many did and the KiB that each costs."""
    path = f"{bench.directory}/idle-request"
    with open(path, "wb") as f:
        f.write(message)
    before = rss(pid)
    client = subprocess.Popen([f"{bench.tools}/client", str(port), str(count), "hold", path, DELTA_MARK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    held = int(client.stdout.readline().split()[1])
    time.sleep(3)
    each = (rss(pid) - before) * 1024 / max(held, 1)
    client.communicate("")
    return held, each


def add_idle(bench, table):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 10_000
    # Each takes two handles: the client's connection and the provider's.
    count = min(wanted, (limit - 400) // 2)
    short = "" if count == wanted else f" (of {wanted}: {limit} handles are permitted)"
    bare, process = start_bare(bench)
    if until_serving(process, bare.port) is None:
        raise SystemExit("the bare proxy did not start")
    held, each = hold(bench, bare.port, bare.pid, request("openai", "any", True).replace(b"/v1/", b"/i=1/v1/", 1), count)
    stop(process)
    table.add("idle streams, bare proxy", f"{held} held{short}", f"{each:.1f} KiB each")
    for ingress, egress in ("openai", "openai"), ("openai", "anthropic"):
        with bench.gateway(wishes="/i=1", name="idle") as gateway:
            gateway.load(request(ingress, "to-" + egress, False), 8, 200, ANSWER_MARK)
            held, each = hold(bench, gateway.port, gateway.pid, request(ingress, "to-" + egress, True), count)
        table.add(f"idle streams, {ingress} to {egress}", f"{held} held{short}", f"{each:.1f} KiB each", "<= 12 KiB each", held >= count and each <= 12)


def add_failover(bench, table):
    requests = 300 if bench.quick else 1500
    with bench.gateway(pools=FAILOVER_POOL, providers="openai /e=503", name="failover") as gateway:
        times = {"to-openai": [], "failing": [], "failover": []}
        for _ in range(5):
            for pool in times:
                times[pool].append(gateway.load(request("openai", pool, False), 1, requests // 5, ANSWER_MARK))
        medians = {pool: sorted(r.p50 for r in runs)[2] for pool, runs in times.items()}
        # The client's clock of a refused request is not kept, so the failing attempt is timed at the provider itself.
        failed = bench.load(bench.upstream, bench.mock.pid, request("openai", "x", False).replace(b"/v1", b"/e=503/v1", 1), 1, requests, "service")
    attempt = failed.micros / requests
    added = medians["failover"] - medians["to-openai"] - attempt
    table.limit("failover adds, beyond the failed attempt", added, "µs", 150)


def add_overload(bench, table):
    """A lane of 64 calls of 50 ms: 1280 a second is all there is. Offered is that, and three times that."""
    permits, wait, seconds = 64, 0.05, 4 if bench.quick else 10
    capacity = permits / wait
    limits = f"limits: {{max_inbound_concurrent: {permits}}}"
    with bench.gateway(wishes=f"/w={int(wait * 1e6)}", limits=limits, name="overload") as gateway:
        offer = lambda times: gateway.load(request("openai", "to-openai", False), 512, int(capacity * times * seconds), ANSWER_MARK, capacity * times)
        peak = max(offer(share).good for share in (0.9, 1.0))
        samples, over = [], threading.Event()

        def sample():
            while not over.wait(0.25):
                samples.append(rss(gateway.pid))

        thread = threading.Thread(target=sample)
        thread.start()
        result = offer(3)
        over.set()
        thread.join()
    third = len(samples) // 3
    growth = max(samples[2 * third:]) - max(samples[third:2 * third])
    good = result.good / (result.micros / 1e6)
    best = peak / seconds
    table.add("three times capacity offered", f"{good:.0f}/s good, {result.refused / (result.micros / 1e6):.0f}/s refused, {result.failed} failed",
              f"{good / best:.2f} x its peak {best:.0f}/s", ">= 0.9 x its peak", good >= 0.9 * best and result.failed == 0)
    table.limit("  memory growth over the last third of it", growth, "MiB", 1)
