"""Requests in the six dialects."""
import json

TOKEN = "bench-0123456789abcdef0123456789abcdef"
DIALECTS = ("openai", "anthropic", "gemini", "bedrock", "responses", "cohere")

PATHS = {
    "openai": ("/v1/chat/completions",) * 2,
    "anthropic": ("/v1/messages",) * 2,
    "gemini": ("/v1beta/models/{model}:generateContent", "/v1beta/models/{model}:streamGenerateContent?alt=sse"),
    "bedrock": ("/model/{model}/converse", "/model/{model}/converse-stream"),
    "responses": ("/v1/responses",) * 2,
    "cohere": ("/v2/chat",) * 2,
}
KEY_HEADERS = {"anthropic": "x-api-key: ", "gemini": "x-goog-api-key: "}


def content(dialect, text, image):
    """The parts of a user turn; `image` is the base64 of a PNG, or None."""
    if dialect == "openai":
        return text if image is None else [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": "data:image/png;base64," + image}}]
    if dialect == "anthropic":
        return text if image is None else [{"type": "text", "text": text}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}}]
    if image is not None:
        raise ValueError(f"no image is sent in {dialect}")
    return [{"text": text}] if dialect in ("gemini", "bedrock") else text


def body(dialect, model, stream, text, image=None):
    turn = content(dialect, text, image)
    if dialect == "gemini":
        return {"contents": [{"role": "user", "parts": turn}], "generationConfig": {"maxOutputTokens": 64}}
    if dialect == "bedrock":
        return {"messages": [{"role": "user", "content": turn}], "inferenceConfig": {"maxTokens": 64}}
    rest = {"model": model, "stream": stream}
    if dialect == "responses":
        return {**rest, "max_output_tokens": 64, "input": turn}
    return {**rest, "max_tokens": 64, "messages": [{"role": "user", "content": turn}]}


def request(dialect, model, stream, text="x" * 920, image=None):
    """A whole HTTP request, head and body."""
    payload = json.dumps(body(dialect, model, stream, text, image), separators=(",", ":"))
    path = PATHS[dialect][stream].format(model=model)
    key = KEY_HEADERS.get(dialect, "Authorization: Bearer ") + TOKEN
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n{payload}".encode()
