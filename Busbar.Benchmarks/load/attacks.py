"""What a well-behaved key notices while another caller attacks: a p99 of at most three times its quiet one, and no refusal."""
import json
import statistics
import time
import urllib.request

import attackers
from protocols import TOKEN, request
from processes import free_port, start, stop, until_serving

ADMIN = "a" * 40
RATE = 100  # requests a second of the well-behaved key
CONNECTIONS = 8
LONG = 50_000
POOLS = """\
  busy: {members: [{target: at-busy}]}
  long: {members: [{target: at-extra-0}]}
  long-translated: {members: [{target: at-extra-1}]}
"""

# What attacks, and the pool where the well-behaved key meets it.
ATTACKS = {
    "growing bodies of 1 MB": (attackers.growing, "to-openai"),
    "31 MiB of tiny parts": (attackers.tiny, "to-openai"),
    "40 unproven trickles": (attackers.trickle, "to-openai"),
    "64 slow readers": (attackers.slow, "to-openai"),
    "160 requests of one key": (None, "busy"),
    "crafted failures": (attackers.failing, "busy"),
    "2,000 resets a second": (attackers.resets, "to-openai"),
}


def called(gateway, method, path, body):
    asked = urllib.request.Request(f"http://127.0.0.1:{gateway.port}{path}", json.dumps(body).encode(), method=method, headers={
        "authorization": f"Bearer {ADMIN}", "content-type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


def add_attacks(bench, table):
    settings = (f'governance: {{enabled: true, admin_token: "{ADMIN}", db_path: "{bench.directory}/attacks.db", master_key_env: BENCH_MASTER, '
                f'price_per_request_cents: 0}}')
    # A provider takes its time: 20 ms, which is little.
    # Long streams come from a provider of their own, so that what is measured is not how one process serves both.
    port = free_port()
    streams = start([f"{bench.tools}/upstream", str(port), str(LONG), "0"])
    until_serving(streams, port, "/count")
    with bench.gateway(wishes="/w=20000", pools=POOLS, providers=f"openai /d={LONG} {port}\nanthropic /d={LONG} {port}", limits=settings, name="attacks",
                       models="  at-busy: {provider: openai, max_concurrent: 16}") as gateway:
        good = called(gateway, "POST", "/admin/keys", {"name": "well-behaved"})
        bad = called(gateway, "POST", "/admin/keys", {"name": "hostile"})
        pair = called(gateway, "PUT", f"/admin/keys/{bad['id']}/access-key", {})
        seconds, rounds = (4, 2) if bench.quick else (10, 5)

        def measure(pool):
            asked = request("openai", pool, False).replace(TOKEN.encode(), good["secret"].encode())
            return gateway.load(asked, CONNECTIONS, RATE * seconds, rate=RATE)

        def attacker(attack):
            if attack is None:
                return attackers.Queue(bench, gateway.port, bad["secret"])
            return attackers.Attack(attack, gateway.port, pair["access_key_id"] if attack is attackers.trickle else bad["secret"])

        for pool in "to-openai", "busy":
            measure(pool)  # not counted: connections are made
        for name, (attack, pool) in ATTACKS.items():
            quiet, under = [], []
            for _ in range(rounds):
                quiet.append(measure(pool).p99)
                with attacker(attack):
                    under.append(measure(pool))
                time.sleep(1)
            before, during = statistics.median(quiet), statistics.median(result.p99 for result in under)
            refused = sum(result.refused + result.failed for result in under)
            table.add(f"p99 under {name}", f"{during / 1e3:.1f} ms, quiet {before / 1e3:.1f} ms, {refused} refused", f"{during / before:.2f} x quiet",
                      "<= 3 x quiet, 0 refused", during <= 3 * before and refused == 0)
    stop(streams)
