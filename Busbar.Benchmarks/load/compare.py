#!/usr/bin/env python3
"""Measures Busbar under load on loopback, in interleaved rounds, beside a direct call, nginx and a bare proxy.

Everything it starts it stops. Compare rows of one run only: the figures of a shared machine wander from run to run.
"""
import argparse
import os
import signal
import sys

import attacks
import crowds
import governance
import pages
import pairs
import processes
import proxies
import sizes
import tls
import tracing
from bench import DELTAS, PACE_US, Bench
from table import Table

# Each prints rows of the one table.
PARTS = {
    "tls": (tls.add_tls_requests, tls.add_tls_streams),
    "proxies": (proxies.add_proxies, proxies.add_cold_start, proxies.add_memory),
    "sizes": (sizes.add_images, sizes.add_long_streams),
    "crowds": (crowds.add_paced, crowds.add_idle, crowds.add_failover, crowds.add_overload),
    "governance": (governance.add_governed, governance.add_many_keys),
    "groups": (governance.add_grouped,),
    "tracing": (tracing.add_tracing,),
    "attacks": (attacks.add_attacks,),
    "page": (pages.add_pages,),
    "pairs": (),
}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--busbar", required=True, help="the binary")
    options.add_argument("--tools", required=True, help="where bare-proxy, upstream and client lie")
    options.add_argument("--quick", action="store_true", help="a few minutes, less certain")
    options.add_argument("--only", choices=PARTS, action="append", help="only this part, may be repeated")
    options = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    table, grids = Table(), []
    try:
        bench = Bench(options.busbar, options.tools, options.quick)
        for part in options.only or PARTS:
            print(f"measuring {part}", file=sys.stderr)
            for add in PARTS[part]:
                add(bench, table)
            if part == "pairs":
                pairs.add_pairs(bench, grids)
    finally:
        processes.stop_all()
    table.limit("binary", os.path.getsize(options.busbar) / 2**20, "MiB", 30)
    print(f"{os.cpu_count()} cores; medians of interleaved rounds; 1 KB requests; nginx with one worker per core;\n"
          f"streams: {DELTAS} deltas {PACE_US / 1000:g} ms apart where nothing else is said, CPU includes their opening and end\n")
    table.show()
    for grid in grids:
        grid.show()


if __name__ == "__main__":
    main()
