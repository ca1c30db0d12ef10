// What applications are built with, in front of the binary: each with a provider of its own protocol and two of others.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway, token } from '../support/gateway.mjs';
import { calls, text } from '../support/model.mjs';
import { protocols } from '../support/provider.mjs';

const packages = ['aiSdk', 'langChain', 'openAIAgents', 'google', 'dotnet'];
const schema = { type: 'object', properties: { city: { type: 'string' }, degrees: { type: 'integer' } }, required: ['city', 'degrees'], additionalProperties: false };
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const tools = run => [
  { name: 'get_weather', description: 'The weather.', schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' }, exact: { type: 'number' } }, required: ['city'] }, run: run('get_weather') },
  { name: 'get_time', description: 'The time.', schema: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] }, run: run('get_time') },
];

// Clients know by a model's name what it can do, so they name one of their vendor's; the provider stands in the address.
const names = {
  openai: 'gpt-5.2', responses: 'gpt-5.2', anthropic: 'claude-sonnet-4-5', gemini: 'gemini-2.5-flash', bedrock: 'anthropic.claude-sonnet-4-5-20250929-v1:0', cohere: 'command-a-03-2025',
};

// Its own, and two others.
const providersOf = (id, turn) => [0, 1 + turn % 5, 1 + (turn + 2) % 5].map(step => protocols[(protocols.findIndex(protocol => protocol.id === id) + step) % protocols.length]);

describe('frameworks', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());
  let turn = 0;

  for (const name of packages) {
    describe(name, { concurrency: false }, async () => {
      const clients = await import(`./support/${name}.mjs`).then(module => module[name], error => void test(name, { skip: `it cannot be loaded: ${error.message}` }));
      for (const client of clients ?? []) {
        for (const provider of providersOf(client.id, turn++)) {
          for (const stream of [false, true]) {
            const ask = request => client.ask({ url: `${gateway.url}/${provider.id}`, token, model: names[client.id], stream, ...request });
            const run = (title, body) => test(`${client.name}: ${title}, ${stream ? 'streamed' : 'whole'}, ${provider.id} provider`, { timeout: 60_000 }, body);
            const heard = () => gateway.provider.last(provider.id).heard;

            run('text arrives', async () => assert.equal((await ask({ prompt: 'Say #text' })).text, text));

            run('tools are called in parallel and their results go back', async () => {
              const called = [];
              const answer = await ask({ prompt: 'Please #tools', tools: tools(tool => async args => (called.push({ name: tool, args }), `result of ${tool}`)) });
              assert.deepEqual(called, calls);
              assert.equal(answer.text.replace(/^Looking\./, ''), 'Two days of rain.');
              const { turns } = heard();
              assert.deepEqual(turns.map(({ role }) => role), ['user', 'assistant', 'user']);
              // Some wrap a result in an object of their own.
              assert.deepEqual(turns[2].results.map(result => /result of \w+/.exec(result.text)?.[0]), ['result of get_weather', 'result of get_time']);
              if (!provider.hasNoCallIds) assert.deepEqual(turns[2].results.map(({ id }) => id), turns[1].calls.map(({ id }) => id));
            });

            run('an answer has the form of a schema', async () => {
              assert.deepEqual((await ask({ prompt: 'Say #schema', schema })).object, { city: 'Zürich', degrees: 18 });
              const { schema: asked, tools: [substitute] } = heard();
              assert.deepEqual((asked ?? substitute?.schema)?.required, schema.required);
            });

            run('an image is seen', async () => {
              await ask({ prompt: 'Say #text', image: pixel });
              assert.deepEqual(heard().turns[0].images, [pixel]);
            });
          }
        }
      }
    });
  }
});
