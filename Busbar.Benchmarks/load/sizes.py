"""Large bodies and long streams: time and memory must grow with the size and no faster."""
import statistics

from bench import ANSWER_MARK, DELTA_MARK, interleaved
from protocols import request
from processes import peak, reset_peak, rss

MIB = 2**20
# Of a body four times as large, the CPU time may be this much more than four times as much.
LINEAR = 1.25


def grows(table, figure, sizes, costs):
    """Judges whether the cost per unit at the largest size is that at the smallest. `costs` is µs by size."""
    ratio = (costs[sizes[-1]] / sizes[-1]) / (costs[sizes[0]] / sizes[0])
    shown = ", ".join(f"{costs[size] / 1e3:.2f}" for size in sizes)
    table.add(figure, f"CPU {shown} ms", f"{ratio:.2f} x in proportion", f"<= {LINEAR:g} x in proportion", ratio <= LINEAR)


def add_images(bench, table):
    sizes = [MIB // 2, MIB, 2 * MIB]
    # A PNG's signature, for whoever looks at it; the rest is never decoded.
    images = {size: ("iVBORw0KGgo" + "A" * size)[:size] for size in sizes}
    times = 10 if bench.quick else 40
    for ingress, egress in ("openai", "openai"), ("openai", "anthropic"), ("openai", "gemini"), ("openai", "bedrock"):
        figure = f"image of 0.5, 1, 2 MiB, {ingress} to {egress}"
        requests = {size: request(ingress, "to-" + egress, False, image=images[size]) for size in sizes}
        warm_up = request(ingress, "to-" + egress, False)
        growths = {}
        for size in sizes:
            # Each in a process of its own, whose pools hold nothing of the size before.
            with bench.gateway(name="images") as gateway:
                gateway.checked(warm_up, 4, 50, ANSWER_MARK, 8)
                before = rss(gateway.pid)
                reset_peak(gateway.pid)
                gateway.checked(requests[size], 1, 1, ANSWER_MARK, 8)
                growths[size] = peak(gateway.pid) - before
        with bench.gateway(name="images") as gateway:
            gateway.checked(warm_up, 4, 50, ANSWER_MARK, 8)
            costs = {size: [] for size in sizes}
            for _ in range(times):
                for size in sizes:
                    costs[size].append(gateway.checked(requests[size], 1, 1, ANSWER_MARK, 8).cpu)
        grows(table, figure, sizes, {size: statistics.median(values) for size, values in costs.items()})
        shown = ", ".join(f"{growths[size]:.1f}" for size in sizes)
        largest = growths[sizes[-1]] * MIB / len(requests[sizes[-1]])
        table.add("  memory above the start, highest", f"{shown} MiB", f"{largest:.2f} x the body", "<= 3 x the body", largest <= 3)


def add_long_streams(bench, table):
    counts = [12500, 25000, 50000]
    rounds = 5 if bench.quick else 9
    for ingress, egress in ("openai", "openai"), ("openai", "anthropic"), ("anthropic", "openai"), ("bedrock", "gemini"), ("responses", "cohere"):
        growths = {}
        warm_up = request(ingress, "to-" + egress, False)
        for count in counts:
            # Each in a process of its own, whose pools hold nothing of another length.
            with bench.gateway(wishes=f"/d={count}/p=0", name="long") as gateway:
                gateway.checked(warm_up, 4, 50, ANSWER_MARK, 8)
                before = rss(gateway.pid)
                reset_peak(gateway.pid)
                for _ in range(3):
                    gateway.checked(request(ingress, "to-" + egress, True), 1, 1, DELTA_MARK, count)
                growths[count] = peak(gateway.pid) - before
        # The lengths take turns in one process: how many events arrive together, which decides what one costs, wanders with the machine's load.
        providers = "\n".join(f"{egress} /d={count}/p=0" for count in counts)
        pools = "".join(f"  long-{count}: {{members: [{{target: at-extra-{i}}}]}}\n" for i, count in enumerate(counts))
        with bench.gateway(providers=providers, pools=pools, name="long") as gateway:
            gateway.checked(warm_up, 4, 50, ANSWER_MARK, 8)
            streamed = {count: request(ingress, f"long-{count}", True) for count in counts}
            costs = interleaved(counts, rounds, lambda count: gateway.checked(streamed[count], 1, 1, DELTA_MARK, count).cpu)
        grows(table, f"stream of 12,500, 25,000, 50,000 tokens, {ingress} to {egress}", counts, costs)
        # The least that a whole stream weighs, in the tersest of the protocols.
        body = counts[-1] * 100 / MIB
        shown = ", ".join(f"{growths[count]:.1f}" for count in counts)
        table.add("  memory above the start, highest", f"{shown} MiB", f"{growths[counts[-1]] / body:.2f} x the stream", "<= 3 x the stream", growths[counts[-1]] <= 3 * body)
