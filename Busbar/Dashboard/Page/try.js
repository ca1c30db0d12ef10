// Sends a request in any protocol and shows what became of it.

import { h } from './dom.js';
import { attempt, events, get } from './api.js';
import { known, redraw } from './store.js';
import { button, dollars, field, ms, pill, say, select } from './parts.js';
import { attempts } from './requests.js';
import { frames } from './eventstream.js';

export const title = 'Try it';

const state = { protocol: 'openai', pool: '', key: '', prompt: 'Say hello in one sentence.', stream: true, keys: [], body: null, running: null, answer: null };

// Each protocol: its path, its body, and where the text stands in an event or answer.
const protocols = {
  openai: {
    name: 'OpenAI Chat Completions', path: () => 'v1/chat/completions',
    body: (pool, prompt, stream) => ({ model: pool, messages: [{ role: 'user', content: prompt }], max_completion_tokens: 500, ...(stream ? { stream, stream_options: { include_usage: true } } : {}) }),
    text: data => data.choices?.[0]?.delta?.content ?? data.choices?.[0]?.message?.content,
  },
  responses: {
    name: 'OpenAI Responses', path: () => 'v1/responses',
    body: (pool, prompt, stream) => ({ model: pool, input: prompt, max_output_tokens: 500, ...(stream ? { stream } : {}) }),
    text: data => data.type === 'response.output_text.delta' ? data.delta : data.object === 'response' ? data.output?.flatMap(item => item.content ?? []).map(part => part.text ?? '').join('') : undefined,
  },
  anthropic: {
    name: 'Anthropic Messages', path: () => 'v1/messages',
    body: (pool, prompt, stream) => ({ model: pool, max_tokens: 500, messages: [{ role: 'user', content: prompt }], ...(stream ? { stream } : {}) }),
    text: data => data.delta?.text ?? (Array.isArray(data.content) ? data.content.map(part => part.text ?? '').join('') : undefined),
  },
  gemini: {
    name: 'Gemini', path: (pool, stream) => `v1beta/models/${encodeURIComponent(pool)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (pool, prompt) => ({ contents: [{ role: 'user', parts: [{ text: prompt }] }], generationConfig: { maxOutputTokens: 500 } }),
    text: data => data.candidates?.[0]?.content?.parts?.filter(part => !part.thought).map(part => part.text ?? '').join(''),
  },
  bedrock: {
    name: 'Amazon Bedrock Converse', path: (pool, stream) => `model/${encodeURIComponent(pool)}/${stream ? 'converse-stream' : 'converse'}`,
    body: (pool, prompt) => ({ messages: [{ role: 'user', content: [{ text: prompt }] }], inferenceConfig: { maxTokens: 500 } }),
    text: data => data.delta?.text ?? data.output?.message?.content?.map(part => part.text ?? '').join(''),
  },
  cohere: {
    name: 'Cohere Chat v2', path: () => 'v2/chat',
    body: (pool, prompt, stream) => ({ model: pool, messages: [{ role: 'user', content: prompt }], max_tokens: 500, stream }),
    text: data => data.delta?.message?.content?.text ?? (Array.isArray(data.message?.content) ? data.message.content.map(part => part.text ?? '').join('') : undefined),
  },
};

const most = 200_000;

export async function enter() {
  state.keys = (await get('keys?limit=200')).keys;
  state.pool ||= names()[0] ?? '';
}

const names = () => [...Object.keys(known.pools), ...known.lanes.filter(lane => lane.key === 0).map(lane => lane.model)];
const written = () => JSON.stringify(protocols[state.protocol].body(state.pool || names()[0], state.prompt, state.stream), null, 2);

function changed(change) {
  change();
  state.body = null;
  const place = document.getElementById('body');
  if (place) place.value = written();
  redraw();
}

export function view() {
  const { answer } = state;
  return h('div', { class: 'trial' },
    h('section', { class: 'panel' }, h('h2', {}, 'Request'),
      h('form', { class: 'fields', onsubmit: event => { event.preventDefault(); run(); } },
        field('Protocol', select(Object.entries(protocols).map(([id, { name }]) => [id, name]), { id: 'protocol', chosen: state.protocol, onchange: event => changed(() => { state.protocol = event.target.value; }) })),
        field('Pool or model', select(names().map(name => [name]), { id: 'pool', chosen: state.pool, onchange: event => changed(() => { state.pool = event.target.value; }) })),
        field('As', h('select', { id: 'as', onchange: event => { state.key = event.target.value; redraw(); } }, h('option', { value: '', key: '' }, 'operator: may use everything, costs no key'), state.keys.map(key => h('option', { value: key.id, key: key.id }, `${key.name}${key.group ? ` (${key.group})` : ''}`))), 'With a key it has the rights of the key, and the key pays.'),
        field('Prompt', h('textarea', { id: 'prompt', rows: 3, value: 'Say hello in one sentence.', oninput: event => changed(() => { state.prompt = event.target.value; }) })),
        h('label', { class: 'check' }, h('input', { type: 'checkbox', id: 'stream', checked: true, onchange: event => changed(() => { state.stream = event.target.checked; }) }), 'as a stream'),
        h('details', {}, h('summary', {}, 'Body'), field(`POST /${protocols[state.protocol].path(state.pool || '…', state.stream)}`, h('textarea', { id: 'body', class: 'mono', rows: 12, spellcheck: 'false', value: written(), oninput: event => { state.body = event.target.value; } }))),
        h('p', { class: 'row end' }, state.running ? button('Stop', () => state.running.abort()) : null, h('button', { class: 'primary', disabled: Boolean(state.running) }, state.running ? 'Sending …' : 'Send')))),
    h('section', { class: 'panel answer', 'aria-label': 'Answer' }, h('h2', {}, 'Answer'),
      !answer ? h('p', { class: 'empty' }, 'Send a request: its stream, the lane that was chosen, tokens, cost and what the translation lost are shown here.') : [
        h('p', { class: 'row' },
          answer.status ? pill(answer.status < 400 ? 'ok' : 'bad', String(answer.status)) : pill('note', 'waiting'),
          answer.lane ? h('span', {}, 'lane ', h('strong', {}, answer.lane)) : null,
          answer.first !== null ? h('span', { class: 'fact' }, `first byte ${ms(answer.first)}`) : null,
          answer.total !== null ? h('span', { class: 'fact' }, `all of it ${ms(answer.total)}`) : null),
        h('div', { class: 'said', id: 'said-text', tabindex: 0, role: 'region', 'aria-label': 'Text of the answer' }, answer.text || (answer.total === null ? '…' : '')),
        answer.record ? facts(answer.record) : null,
        h('details', {}, h('summary', {}, `As it came (${answer.parts} ${answer.parts === 1 ? 'part' : 'parts'})`), h('pre', { class: 'raw', tabindex: 0, role: 'region', 'aria-label': 'Answer as it came' }, answer.raw)),
      ]));
}

function facts(record) {
  const fact = (name, value) => h('div', { key: name }, h('dt', {}, name), h('dd', {}, value));
  return h('dl', { class: 'facts' },
    fact('Attempts', attempts(record)),
    fact('First content', ms(record.first_content_ms)),
    fact('Tokens', `${record.input_tokens} in${record.cached_tokens ? ` (${record.cached_tokens} cached)` : ''}, ${record.output_tokens} out${record.estimated ? ', estimated' : ''}`),
    fact('Cost', record.cost_nano_dollars === null ? 'nobody was charged' : dollars(record.cost_nano_dollars, 4)),
    fact('Lost in translation', record.lost.length ? record.lost.join(', ') : 'nothing'),
    record.reason ? fact('Why', `${record.reason}${record.limit ? ` (${record.limit})` : ''}`) : null);
}

async function run() {
  const own = new AbortController();
  const protocol = protocols[state.protocol];
  const answer = { status: 0, lane: '', text: '', raw: '', parts: 0, first: null, total: null, record: null };
  Object.assign(state, { running: own, answer });
  redraw();
  const begun = performance.now();
  const part = (data, event) => {
    answer.parts++;
    if (answer.raw.length < most) answer.raw += `${event && event !== 'message' ? `event: ${event}\n` : ''}${data}\n\n`;
    try { answer.text += protocol.text(JSON.parse(data)) ?? ''; } catch { /* such as [DONE] */ }
    redraw();
  };
  try {
    const response = await attempt(protocol.path(state.pool || names()[0], state.stream), state.body ?? written(), state.key, own.signal);
    answer.first = performance.now() - begun;
    answer.status = response.status;
    answer.lane = response.headers.get('x-busbar-lane') ?? '';
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream')) await events(response.body, (event, data) => part(data, event));
    else if (type.startsWith('application/vnd.amazon.eventstream')) await frames(response.body, (event, data) => part(data, event));
    else {
      const body = await response.text();
      part(body);
      if (!response.ok && !answer.text) answer.text = body;
    }
    answer.total = performance.now() - begun;
    answer.record = await recorded(response.headers.get('x-busbar-request-id'));
  } catch (error) {
    if (own.signal.aborted) answer.text += ' (stopped)';
    else say(error.message, true);
    answer.total = performance.now() - begun;
  }
  state.running = null;
  redraw();
}

// It is listed once the gateway is done with it, a moment after the last byte.
async function recorded(id) {
  for (let look = 0; id && look < 5; look++) {
    const { requests } = await get(`requests?id=${encodeURIComponent(id)}`);
    if (requests.length) return requests[0];
    await new Promise(done => setTimeout(done, 100 * (look + 1)));
  }
  return null;
}
