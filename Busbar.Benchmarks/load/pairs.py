"""CPU time of every pair of protocols, as a ratio to OpenAI passed through."""
from bench import ANSWER_MARK, DELTA_MARK, DELTAS, interleaved
from protocols import PROTOCOLS, request
from table import Grid

PLAIN_LIMIT, STREAM_LIMIT = 1.8, 2.2
ANSWER_MARKS = 8


def add_pairs(bench, grids):
    pairs = [(ingress, egress) for ingress in PROTOCOLS for egress in PROTOCOLS]
    rounds, requests, streams = (5, 400, 32) if bench.quick else (9, 1000, 96)
    # As fast as the sockets take them, events would be handled many at a time; 2 ms apart each is a wake-up of its own.
    with bench.gateway(name="pairs") as gateway:

        def plain(pair):
            return gateway.checked(request(pair[0], "to-" + pair[1], False), 8, requests, ANSWER_MARK, ANSWER_MARKS).cpu / requests

        def streamed(pair):
            return gateway.checked(request(pair[0], "to-" + pair[1], True), 16, streams, DELTA_MARK, DELTAS).cpu / streams / DELTAS

        for measure in plain, streamed:
            for pair in pairs:
                measure(pair)  # not counted: connections are made, tables grown
        base = "openai", "openai"
        costs = interleaved(pairs, rounds, plain)
        grids.append(Grid(f"CPU per 1 KB chat, rows what the client speaks, columns the provider; 1.00 is {costs[base]:.1f} µs", PROTOCOLS,
                          {pair: cost / costs[base] for pair, cost in costs.items()}, PLAIN_LIMIT))
        costs = interleaved(pairs, rounds, streamed)
        grids.append(Grid(f"CPU per event of a stream of {DELTAS} deltas, opening and end included; 1.00 is {costs[base]:.2f} µs", PROTOCOLS,
                          {pair: cost / costs[base] for pair, cost in costs.items()}, STREAM_LIMIT))
