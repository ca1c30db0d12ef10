// Reads the binary event streams of AWS: lengths, headers, payload, checksums. What the gateway sends needs no checking here.

/** Calls `on(event, data)` with the type and the text of each message. */
export async function frames(body, on) {
  const reader = body.getReader();
  let waiting = new Uint8Array(0);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const joined = new Uint8Array(waiting.length + value.length);
    joined.set(waiting);
    joined.set(value, waiting.length);
    waiting = joined;
    for (let view = new DataView(waiting.buffer); waiting.length >= 12 && waiting.length >= view.getUint32(0); view = new DataView(waiting.buffer)) {
      const total = view.getUint32(0), headers = view.getUint32(4);
      if (total < 16) return;
      on(typeOf(waiting.subarray(12, 12 + headers)), new TextDecoder().decode(waiting.subarray(12 + headers, total - 4)));
      waiting = waiting.slice(total);
    }
  }
}

// Of the headers only texts matter: a length and a name, the kind 7, a length of two bytes and a value.
function typeOf(headers) {
  const text = new TextDecoder();
  for (let at = 0; at < headers.length;) {
    const name = text.decode(headers.subarray(at + 1, at + 1 + headers[at]));
    at += 1 + headers[at];
    if (headers[at] !== 7) return '';
    const length = headers[at + 1] << 8 | headers[at + 2];
    if (name === ':event-type' || name === ':exception-type') return text.decode(headers.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return '';
}
