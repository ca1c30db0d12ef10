"""What virtual keys and groups cost: CPU per request beside a list of tokens and beside a key without groups, start and memory with many keys."""
import hashlib
import json
import os
import random
import sqlite3
import statistics
import time
import urllib.request

from bench import interleaved
from protocols import TOKEN, request
from processes import rss

MANY = 100_000
DEPTH = 4
CONNECTIONS = 8


def settings(database):
    return f'governance: {{enabled: true, admin_token: "{"a" * 40}", db_path: "{database}", price_per_1k_tokens_cents: 1}}'


def add_keys(database, tokens):
    """One key for each token, with a budget, all limits and usage in its current window. Tables are those that the gateway made."""
    keys, windows, now = [], [], int(time.time())
    for i, token in enumerate(tokens):
        digest = hashlib.sha256(token.encode()).hexdigest()
        keys.append((f"vk_{digest[:16]}", digest, f"employee-{i}", now - 86_400 + i // 2))
        windows.append((f"vk_{digest[:16]}", i * 1000, i, i % 97))
    connection = sqlite3.connect(database)
    with connection:
        connection.executemany(
            "INSERT INTO virtual_keys (id, key_hash, name, max_budget_cents, rpm_limit, tpm_limit, max_concurrent, created_at)"
            " VALUES (?, ?, ?, 1000000000, 4000000000, 4000000000, 100000, ?)", keys)
        connection.executemany("INSERT INTO usage_counters (key_id, window_start, spend_nanos, tokens, requests) VALUES (?, 0, ?, ?, ?)", windows)
    connection.close()  # and with it the journal


def database_of(bench, name, tokens):
    database = f"{bench.directory}/{name}.db"
    with bench.gateway(limits=settings(database), name=name):
        pass
    add_keys(database, tokens)
    return database


def bytes_allocated(gateway, work):
    """By the whole process, while `work` is done."""
    def so_far():
        asked = urllib.request.Request(f"http://127.0.0.1:{gateway.port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked) as page:
            return next(float(line.split()[1]) for line in page.read().decode().splitlines() if line.startswith("busbar_gc_allocated_bytes_total "))

    # The page itself allocates.
    first = so_far()
    begin = so_far()
    work()
    return so_far() - begin - (begin - first)


def add_governed(bench, table):
    rounds, requests = (5, 2000) if bench.quick else (15, 8000)
    database = database_of(bench, "one-key", [TOKEN])
    plain = request("openai", "to-openai", False)
    with bench.gateway(name="tokens") as tokens, bench.gateway(limits=settings(database), name="keys") as keys:

        def cost(gateway):
            return gateway.checked(plain, CONNECTIONS, requests, '"choices"', 1).cpu / requests

        for gateway in tokens, keys:
            cost(gateway)  # not counted: connections are made, tables grown
        costs = interleaved((tokens, keys), rounds, cost)
        costs_of_memory = interleaved((tokens, keys), 3, lambda gateway: bytes_allocated(gateway, lambda: cost(gateway)) / requests)
    table.ratio("CPU per request, virtual key", costs[keys], "µs", costs[tokens], "token", 1.1)
    table.add("allocated per request, virtual key", f"{costs_of_memory[keys]:.0f} B", f"{costs_of_memory[keys] - costs_of_memory[tokens]:+.0f} B beside token")


def add_groups(database):
    """A chain of groups, each with a limit of every kind, above all keys."""
    limits = json.dumps([
        {"kind": "budget", "window": "month", "max_cents": 1_000_000_000}, {"kind": "requests", "window": "minute", "max": 4_000_000_000},
        {"kind": "tokens", "window": "day", "max": 4_000_000_000_000}, {"kind": "concurrency", "max": 100_000}])
    connection = sqlite3.connect(database)
    with connection:
        for level in range(DEPTH):
            parent = f"grp_{level - 1:016x}" if level else None
            connection.execute("INSERT INTO key_groups (id, name, parent_id, created_at, limits) VALUES (?, ?, ?, 1, ?)", (f"grp_{level:016x}", f"level-{level}", parent, limits))
        connection.execute("UPDATE virtual_keys SET group_id = ?", (f"grp_{DEPTH - 1:016x}",))
    connection.close()


def add_grouped(bench, table):
    rounds, requests = (5, 2000) if bench.quick else (15, 8000)
    plain_key, grouped_key = database_of(bench, "plain", [TOKEN]), database_of(bench, "grouped", [TOKEN])
    add_groups(grouped_key)
    plain = request("openai", "to-openai", False)
    with bench.gateway(limits=settings(plain_key), name="plain") as keys, bench.gateway(limits=settings(grouped_key), name="grouped") as groups:

        def cost(gateway):
            return gateway.checked(plain, CONNECTIONS, requests, '"choices"', 1).cpu / requests

        for gateway in keys, groups:
            cost(gateway)
        costs = interleaved((keys, groups), rounds, cost)
    table.ratio(f"CPU per request, key in {DEPTH} groups with limits", costs[groups], "µs", costs[keys], "plain key", 1.1)


def add_many_keys(bench, table):
    database = database_of(bench, "many-keys", [TOKEN] + [f"{random.getrandbits(256):064x}" for _ in range(MANY - 1)])
    empty = f"{bench.directory}/no-key.db"
    starts, memory = {database: [], empty: []}, {database: [], empty: []}
    with bench.gateway(limits=settings(empty), name="no-key"):
        pass
    for _ in range(3 if bench.quick else 9):
        for path in starts:
            with bench.gateway(limits=settings(path), name="keys") as gateway:
                starts[path].append(gateway.came_up_in)
                time.sleep(1)
                memory[path].append(rss(gateway.pid))
    size = os.path.getsize(database) / 2**20
    table.limit(f"cold start with {MANY:,} keys ({size:.0f} MiB)", statistics.median(starts[database]) * 1e3, "ms", 300)
    table.limit(f"memory of {MANY:,} keys", statistics.median(memory[database]) - statistics.median(memory[empty]), "MiB", 60)
