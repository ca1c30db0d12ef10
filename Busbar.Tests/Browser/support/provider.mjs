// Two vendors' APIs, as well or as badly as the path says.

import http from 'node:http';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** Looks like markup, and must stay text wherever it is shown. */
export const hostile = '"><img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';

const words = 'Failover happens before the first word, so that nobody notices.'.split(' ').map((word, index) => index ? ` ${word}` : word);

/** A server; `/good`, `/slow`, `/flaky`, `/dead`, `/hostile` and `/wrong` in front of a path choose how it behaves. */
export async function startProvider() {
  let calls = 0;
  const server = http.createServer(async (request, response) => {
    const body = JSON.parse(await read(request) || '{}');
    const [, mood] = request.url.split('/');
    const send = (status, value, headers) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    const fail = (status, type, message, headers) => send(status, { type: 'error', error: { type, code: type, message } }, headers);
    if (mood === 'dead') return fail(401, 'invalid_api_key', 'Incorrect API key provided.');
    if (mood === 'flaky' && calls++ % 2) return fail(429, 'rate_limit_exceeded', 'Slow down.', { 'retry-after': '1' });
    if (mood === 'hostile') return fail(500, hostile, hostile);
    if (mood === 'wrong') return fail(400, 'invalid_request_error', hostile);
    await setTimeout(mood === 'slow' ? 300 + Math.random() * 500 : 20 + Math.random() * 60);
    if (request.url.includes('/messages')) await anthropic(body, response, send);
    else await openai(body, response, send);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}

async function openai(body, response, send) {
  const usage = { prompt_tokens: 420 + Math.floor(Math.random() * 3000), completion_tokens: 60 + Math.floor(Math.random() * 600) };
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  const base = { id: 'chatcmpl-1', created: 1, model: body.model };
  if (!body.stream) return send(200, { ...base, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }], usage });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = value => response.write(`data: ${typeof value === 'string' ? value : JSON.stringify({ ...base, object: 'chat.completion.chunk', ...value })}\n\n`);
  for (const content of words) { event({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] }); await setTimeout(5); }
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  event({ choices: [], usage });
  event('[DONE]');
  response.end();
}

async function anthropic(body, response, send) {
  const usage = { input_tokens: 900 + Math.floor(Math.random() * 4000), output_tokens: 80 + Math.floor(Math.random() * 900) };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, stop_reason: null, stop_sequence: null, content: [], usage };
  if (!body.stream) return send(200, { ...message, stop_reason: 'end_turn', content: [{ type: 'text', text: words.join('') }] });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = value => response.write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
  event({ type: 'message_start', message: { ...message, usage: { ...usage, output_tokens: 1 } } });
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  for (const text of words) { event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }); await setTimeout(5); }
  event({ type: 'content_block_stop', index: 0 });
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: usage.output_tokens } });
  event({ type: 'message_stop' });
  response.end();
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
