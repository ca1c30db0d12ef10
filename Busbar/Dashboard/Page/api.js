// The admin API, with the token that the person gave: in this variable and nowhere else.

let token = '';

const root = new URL('../', import.meta.url);

export class ApiError extends Error {
  constructor(status, code, message) { super(message); this.status = status; this.code = code; }
}

export const setToken = value => { token = value; };

async function send(method, path, { body, headers, signal } = {}) {
  const response = await fetch(new URL(path, root), {
    method, signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'error',
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  return response;
}

async function read(method, path, body) {
  let response;
  try {
    response = await send(method, path, { body });
  } catch {
    throw new ApiError(0, 'unreachable', 'the gateway cannot be reached');
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new ApiError(response.status, answer.error?.code ?? 'error', answer.error?.message ?? `the gateway answered ${response.status}`);
    if (response.status === 401) dispatchEvent(new CustomEvent('busbar-locked', { detail: error.message }));
    throw error;
  }
  return answer;
}

export const get = path => read('GET', path);
export const post = (path, body) => read('POST', path, body);
export const patch = (path, body) => read('PATCH', path, body);
export const put = path => read('PUT', path);
export const remove = path => read('DELETE', path);

/** Text of an answer that is no JSON. */
export async function text(path) {
  const response = await send('GET', path);
  if (!response.ok) throw new ApiError(response.status, 'error', `the gateway answered ${response.status}`);
  return response.text();
}

/** Sends a request through the gateway as a client would. */
export const attempt = (path, body, key, signal) => send('POST', `try/${path}`, { body, signal, headers: key ? { 'x-busbar-key-id': key } : {} });

/** Calls `on(event, data)` for each event until `signal` fires; throws when the stream ends otherwise. */
export async function listen(on, signal) {
  const response = await send('GET', 'events', { signal });
  if (response.status === 401) dispatchEvent(new CustomEvent('busbar-locked', { detail: 'The token is not valid any more.' }));
  if (!response.ok) throw new ApiError(response.status, 'error', 'no events');
  on('open');
  await events(response.body, (event, data) => on(event, JSON.parse(data)));
  throw new ApiError(0, 'ended', 'the stream has ended');
}

/** Reads server-sent events. */
export async function events(body, on) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const { value, done } = await reader.read();
    waiting += done ? '\n\n' : value.replaceAll('\r', '');
    for (let end = waiting.indexOf('\n\n'); end >= 0; end = waiting.indexOf('\n\n')) {
      const lines = waiting.slice(0, end).split('\n');
      waiting = waiting.slice(end + 2);
      const data = lines.filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n');
      if (data) on(lines.find(line => line.startsWith('event:'))?.slice(6).trim() ?? 'message', data);
    }
    if (done) return;
  }
}
