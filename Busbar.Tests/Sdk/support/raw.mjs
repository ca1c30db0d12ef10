/** Sends a request as a program without an SDK would. The answer comes as text, and as JSON or the list of its events where it is that. */
export async function send(url, { method = 'POST', headers, body }) {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && (typeof body === 'string' ? body : JSON.stringify(body)) });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status, headers: response.headers, text,
    json: type.startsWith('application/json') ? JSON.parse(text) : undefined,
    events: type.startsWith('text/event-stream') ? eventsOf(text) : undefined,
  };
}

// Each event by its own means: the name where there is one, the data parsed where it is JSON.
const eventsOf = text => text.split(/\r?\n\r?\n/).filter(event => event.trim() && !event.startsWith(':')).map(event => {
  const field = name => event.split(/\r?\n/).filter(line => line.startsWith(`${name}:`)).map(line => line.slice(name.length + 1).trim()).join('\n');
  const data = field('data');
  return { name: field('event'), data: data === '[DONE]' ? data : JSON.parse(data) };
});
