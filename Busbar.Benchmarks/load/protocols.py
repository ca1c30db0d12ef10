"""Requests in the six protocols."""
import json

TOKEN = "bench-0123456789abcdef0123456789abcdef"
PROTOCOLS = ("openai", "anthropic", "gemini", "bedrock", "responses", "cohere")

PATHS = {
    "openai": ("/v1/chat/completions",) * 2,
    "anthropic": ("/v1/messages",) * 2,
    "gemini": ("/v1beta/models/{model}:generateContent", "/v1beta/models/{model}:streamGenerateContent?alt=sse"),
    "bedrock": ("/model/{model}/converse", "/model/{model}/converse-stream"),
    "responses": ("/v1/responses",) * 2,
    "cohere": ("/v2/chat",) * 2,
}
KEY_HEADERS = {"anthropic": "x-api-key: ", "gemini": "x-goog-api-key: "}


def content(protocol, text, image):
    """The parts of a user turn; `image` is the base64 of a PNG, or None."""
    if protocol == "openai":
        return text if image is None else [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": "data:image/png;base64," + image}}]
    if protocol == "anthropic":
        return text if image is None else [{"type": "text", "text": text}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}}]
    if image is not None:
        raise ValueError(f"no image is sent in {protocol}")
    return [{"text": text}] if protocol in ("gemini", "bedrock") else text


def body(protocol, model, stream, text, image=None):
    turn = content(protocol, text, image)
    if protocol == "gemini":
        return {"contents": [{"role": "user", "parts": turn}], "generationConfig": {"maxOutputTokens": 64}}
    if protocol == "bedrock":
        return {"messages": [{"role": "user", "content": turn}], "inferenceConfig": {"maxTokens": 64}}
    rest = {"model": model, "stream": stream}
    if protocol == "responses":
        return {**rest, "max_output_tokens": 64, "input": turn}
    return {**rest, "max_tokens": 64, "messages": [{"role": "user", "content": turn}]}


def request(protocol, model, stream, text="x" * 920, image=None):
    """A whole HTTP request, head and body."""
    payload = json.dumps(body(protocol, model, stream, text, image), separators=(",", ":"))
    path = PATHS[protocol][stream].format(model=model)
    key = KEY_HEADERS.get(protocol, "Authorization: Bearer ") + TOKEN
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n{payload}".encode()


def agent_request(model):
    """What a coding agent sends at its fiftieth turn: tools, and half a megabyte of files and their edits, full of escapes. In OpenAI's words."""
    code = "".join(f'    if (table["row {i}"] != \'\\t\') {{\n        say("caf\u00e9 {i}");\n    }}\n' for i in range(60))
    tools = [{"type": "function", "function": {"name": f"tool_{i}", "description": "Reads a file.\n" * 20, "parameters": {
        "type": "object", "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}}, "required": ["path"]}}} for i in range(20)]
    turns = [{"role": "system", "content": "You are an agent.\n" * 400}, {"role": "user", "content": "Go on."}]
    for i in range(110):
        call = {"id": f"call_{i}", "type": "function", "function": {"name": f"tool_{i % 20}", "arguments": json.dumps({"path": f"src/file {i}.c", "limit": i})}}
        turns += [{"role": "assistant", "content": f"Now file {i}.", "tool_calls": [call]}, {"role": "tool", "tool_call_id": f"call_{i}", "content": code}]
    payload = json.dumps({"model": model, "stream": False, "max_tokens": 64, "messages": turns, "tools": tools}, separators=(",", ":"))
    return f"POST {PATHS['openai'][0]} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n{payload}".encode()
