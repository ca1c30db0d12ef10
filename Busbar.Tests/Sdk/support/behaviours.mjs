import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertClean, describeError, failed } from './errors.mjs';
import { protocols } from './provider.mjs';
import { providerKey, startGateway, token } from './gateway.mjs';
import { calls, signature, text, textOf, thinking, usage } from './model.mjs';

const schema = { type: 'object', properties: { city: { type: 'string' }, degrees: { type: 'integer' } }, required: ['city', 'degrees'], additionalProperties: false };
const tools = [
  { name: 'get_weather', description: 'The weather.', schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' }, exact: { type: 'number' } }, required: ['city'] } },
  { name: 'get_time', description: 'The time.', schema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] } },
  { name: 'ping', description: 'A ping.', schema: { type: 'object', properties: {} } },
];
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

// Every behaviour gets `ask`, which sends a request through the client and returns its answer in neutral form; `heard`, which tells what
// reached the provider; and the two ends. Those under `either` hold whether the answer comes whole or as a stream.
const either = {
  async 'text arrives letter by letter as the model wrote it'({ ask, heard }) {
    const answer = await ask({ turns: [{ user: 'Say #text' }] });
    assert.equal(answer.text, text);
    assert.equal(answer.stop, 'end');
    assert.deepEqual(heard().turns.map(({ role, texts }) => [role, texts]), [['user', ['Say #text']]]);
  },

  async 'usage adds up'({ ask }) {
    const answer = await ask({ turns: [{ user: 'Say #text' }] });
    assert.deepEqual(answer.usage, { input: usage.fresh + usage.cached, cached: usage.cached, output: usage.output });
  },

  async 'system prompt and earlier turns reach the model'({ ask, heard }) {
    const first = await ask({ system: 'Be “brief”.', turns: [{ user: 'Say #text' }] });
    await ask({ system: 'Be “brief”.', limit: 77, turns: [{ user: 'Say #text' }, { assistant: first }, { user: 'Again: #text' }] });
    const { system, turns, limit } = heard();
    assert.equal(system, 'Be “brief”.');
    assert.equal(limit, 77);
    assert.deepEqual(turns.map(({ role, texts }) => [role, texts.join('')]), [['user', 'Say #text'], ['assistant', text], ['user', 'Again: #text']]);
  },

  async 'a tool is called and its result goes back'(context) {
    const { heard } = context;
    await converse(context, 'tool', [calls[0]]);
    const declared = heard().tools.find(tool => tool.name === 'get_weather');
    assert.deepEqual(declared?.schema.required, ['city']);
    assert.deepEqual(Object.keys(declared.schema.properties), ['city', 'days', 'exact']);
  },

  'tools are called in parallel': context => converse(context, 'tools', calls),

  'a tool without arguments is called with an empty object': context => converse(context, 'bare', [{ name: 'ping', args: {} }]),

  async 'thinking is shown'({ ask, heard }) {
    const answer = await ask({ think: true, turns: [{ user: 'Consider #think' }] });
    assert.equal(answer.text, text);
    assert.equal(answer.thinking.map(part => part.text).join(''), thinking);
    assert.equal(heard().thinks, true);
  },

  async 'thinking before a tool call comes back with its signature'(context) {
    const { client, provider } = context;
    const { heard } = await converse(context, 'ponder', [calls[0]], { think: true });
    if (!client.signs || !provider.signs) return;
    const thoughts = heard.turns.flatMap(turn => turn.thinking);
    assert.deepEqual(thoughts.map(thought => thought.signature).filter(value => value), [signature]);
    // Where the signature seals the words, they must come with it.
    if (provider.id !== 'gemini') assert.equal(thoughts[0].text, thinking);
  },

  async 'the output limit is told'({ ask }) {
    const answer = await ask({ turns: [{ user: 'Tell #long' }] });
    assert.equal(answer.text, textOf('long'));
    assert.equal(answer.stop, 'length');
  },

  async 'a stop sequence reaches the model and ends the answer'({ ask, heard, client, provider }) {
    const answer = await ask({ stops: ['three'], turns: [{ user: 'Count #halt' }] });
    assert.equal(answer.text, textOf('halt'));
    assert.ok(['end', 'sequence'].includes(answer.stop), answer.stop);
    if (!client.hasNoStops && !provider.hasNoStops) assert.deepEqual(heard().stops, ['three']);
  },

  async 'a refusal is not mistaken for an answer'({ ask, provider, client }) {
    const stop = await ask({ turns: [{ user: 'Do #refuse' }] }).then(answer => answer.stop, error => client.isStreamError(error) && 'refusal');
    if (provider.refuses !== false && client.refuses !== false) assert.equal(stop, 'refusal');
  },

  async 'structured output follows the schema'({ ask, heard }) {
    const answer = await ask({ schema, turns: [{ user: 'As JSON: #schema' }] });
    assert.deepEqual(JSON.parse(answer.text), { city: 'Zürich', degrees: 18 });
    assert.deepEqual(heard().schema?.required, schema.required);
  },
};

const single = {
  async 'an image reaches the model'({ ask, heard, provider }) {
    await ask({ turns: [{ user: 'See #text', image: pixel }] });
    if (!provider.isBlind) assert.deepEqual(heard().turns[0].images, [pixel]);
  },

  async 'the provider gets its own key and nothing of the client'({ ask, last }) {
    await ask({ turns: [{ user: 'Say #text' }] });
    const { headers, raw } = last();
    const flat = JSON.stringify(headers);
    assert.ok(flat.includes(providerKey), flat);
    assert.ok(!flat.includes(token) && !raw.includes(token), flat);
    assert.match(headers['user-agent'], /^busbar\//);
  },

  async 'pauses in a stream do no harm'({ ask }) {
    const answer = await ask({ stream: true, turns: [{ user: 'Say #slow' }] });
    assert.equal(answer.text, textOf('slow'));
  },

  async 'an error in mid-stream is the client\'s own error'({ ask, client }) {
    await assert.rejects(ask({ stream: true, turns: [{ user: 'Say #broken' }] }), error => client.isStreamError(error) && (assertClean(error), true));
  },

  async 'a stream that breaks off is not mistaken for a finished one'({ ask }) {
    await assert.rejects(ask({ stream: true, turns: [{ user: 'Say #cut' }] }), error => (assertClean(error), true));
  },

  async 'an invalid request is the client\'s own 400, with the provider\'s words'({ ask, client, provider }) {
    const error = await failed(ask({ model: `${provider.id}-400`, turns: [{ user: 'Say #error-400' }] }));
    assert.ok(client.isError(error, 400), describeError(error));
    assert.match(describeError(error), /The provider says 400\./);
  },

  async 'what is wrong with the provider is an overload to the client'({ ask, client, provider }) {
    for (const status of [401, 429, 500, 529]) {
      for (const stream of [false, true]) {
        const error = await failed(ask({ stream, model: `${provider.id}-${status}`, turns: [{ user: `Say #error-${status}` }] }));
        assert.ok(client.isError(error, 503), `${status}: ${describeError(error)}`);
        assertClean(error);
      }
    }
  },

  async 'an unknown model is the client\'s own 404'({ ask, client }) {
    const error = await failed(ask({ model: 'no-such-model', turns: [{ user: 'Say #text' }] }));
    assert.ok(client.isError(error, 404), describeError(error));
    assertClean(error);
  },

  async 'a wrong key is the client\'s own 401'({ ask, client }) {
    const error = await failed(ask({ token: 'not-a-token', turns: [{ user: 'Say #text' }] }));
    assert.ok(client.isError(error, 401), describeError(error));
    assertClean(error);
  },
};

/** Two turns: the model calls tools, the client answers each call, and the model closes. Returns the last answer and what was heard. */
async function converse({ ask, heard, provider }, script, expected, extra = {}) {
  const question = { user: `Please #${script}` };
  const first = await ask({ tools, turns: [question], ...extra });
  assert.deepEqual(first.calls.map(({ name, args }) => ({ name, args })), expected);
  assert.equal(first.stop, 'tools');
  assert.equal(first.text, textOf(script));
  assert.equal(new Set(first.calls.map(call => call.id)).size, expected.length);

  const results = first.calls.map(({ id, name }) => ({ id, name, value: `{"from":"${name}"}` }));
  const last = await ask({ tools, turns: [question, { assistant: first }, { results }], ...extra });
  assert.equal(last.text, 'Two days of rain.');
  assert.equal(last.stop, 'end');

  const request = heard();
  assert.deepEqual(request.turns.map(turn => turn.role), ['user', 'assistant', 'user']);
  const [, assistant, user] = request.turns;
  assert.deepEqual(assistant.calls.map(({ name, args }) => ({ name, args })), expected);
  assert.deepEqual(user.results.map(result => JSON.parse(result.text)), expected.map(({ name }) => ({ from: name })));
  if (!provider.hasNoCallIds) assert.deepEqual(user.results.map(result => result.id), assistant.calls.map(call => call.id));
  return { last, heard: request };
}

/** Runs every behaviour of one client against every provider. */
export function testClient(client) {
  describe(`${client.name} client`, { concurrency: false }, () => {
    let gateway;
    before(async () => { gateway = await startGateway(); });
    after(() => { client.close?.(); gateway?.stop(); });

    for (const provider of protocols) {
      describe(`${provider.id} provider`, () => {
        const run = (name, behaviour, stream) => test(name, { timeout: 20_000 }, async () => {
          const last = () => gateway.provider.last(provider.id);
          await behaviour({
            client, provider, last,
            heard: () => last().heard,
            ask: request => client.ask({ url: gateway.url, token, model: provider.id, stream, ...request }),
          });
        });
        for (const [name, behaviour] of Object.entries(either)) {
          run(`${name}, whole`, behaviour, false);
          run(`${name}, streamed`, behaviour, true);
        }
        for (const [name, behaviour] of Object.entries(single)) run(name, behaviour, false);
      });
    }
  });
}
