// What Claude Code sends and needs, request by request.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway, token } from './support/gateway.mjs';
import { calls, signature, text, thinking } from './support/model.mjs';
import { protocols } from './support/provider.mjs';
import { send } from './support/raw.mjs';

const betas = 'claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14,context-management-2025-06-27';
const headers = {
  accept: 'application/json', authorization: `Bearer ${token}`, 'anthropic-beta': betas, 'anthropic-version': '2023-06-01', 'anthropic-dangerous-direct-browser-access': 'true',
  'user-agent': 'claude-cli/2.1.40 (external, cli)', 'x-app': 'cli', 'x-stainless-lang': 'js', 'x-stainless-retry-count': '0',
};
const ephemeral = { type: 'ephemeral' };

const request = (model, prompt, rest) => ({
  model, max_tokens: 32000, stream: true,
  messages: [{ role: 'user', content: [{ type: 'text', text: '<system-reminder>\nToday is Sunday.\n</system-reminder>' }, { type: 'text', text: prompt, cache_control: ephemeral }] }],
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.40.1f3; cc_entrypoint=cli; cch=00000;' },
    { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude.", cache_control: ephemeral },
    { type: 'text', text: '\nYou are an interactive agent that helps users with software engineering tasks.', cache_control: ephemeral },
  ],
  tools: [{
    name: 'get_weather', description: 'The weather.', defer_loading: false, eager_input_streaming: true,
    input_schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  }],
  metadata: { user_id: 'user_0f1e_account__session_9c2b' }, thinking: { type: 'adaptive' }, output_config: { effort: 'medium' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }, diagnostics: { previous_message_id: null }, ...rest,
});

describe('Claude Code client', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());
  const post = (body, rest) => send(`${gateway.url}/v1/messages?beta=true`, { headers: { ...headers, ...rest }, body });

  test('the probe at start-up is answered at once', async () => {
    const { status, text } = await send(gateway.url, { method: 'HEAD', headers: {} });
    assert.deepEqual([status, text], [200, '']);
  });

  test('to the vendor itself every byte but the model goes as it came, beta query and headers included', async () => {
    const body = JSON.stringify(request('anthropic', 'Say #text'), null, 1);
    const answer = await post(body);
    assert.equal(answer.status, 200, answer.text);
    const { raw, headers: got, path } = gateway.provider.last('anthropic');
    assert.equal(raw, body.replace('"anthropic"', '"claude-sonnet-4-5"'));
    assert.equal(got['anthropic-beta'], betas);
    assert.equal(got['anthropic-version'], '2023-06-01');
    assert.ok(path.startsWith('/v1/messages'), path);
    assert.ok(answer.headers.get('request-id'));
  });

  test('the key may come in either header, or in both', async () => {
    const { authorization, ...bare } = headers;
    for (const keys of [{ authorization }, { 'x-api-key': token }, { authorization, 'x-api-key': token }, { authorization, 'x-api-key': 'another' }]) {
      const { status } = await send(`${gateway.url}/v1/messages`, { headers: { ...bare, ...keys }, body: request('anthropic', 'Say #text') });
      assert.equal(status, 200, JSON.stringify(keys));
    }
  });

  test('an error is the vendor\'s own', async () => {
    const { status, json, headers: got } = await post(request('no-such-model', 'Say #text'));
    assert.equal(status, 404);
    assert.equal(json.type, 'error');
    assert.equal(json.error.type, 'not_found_error');
    assert.equal(json.request_id, got.get('request-id'));
  });

  for (const provider of protocols) {
    const run = (name, body) => test(`${name}, ${provider.id} provider`, { timeout: 20_000 }, body);

    run('a turn arrives as events in the vendor\'s order', async () => {
      const { status, events, text: raw } = await post(request(provider.id, 'Say #think'));
      assert.equal(status, 200, raw);
      const names = events.map(event => event.name);
      assert.deepEqual(names, events.map(event => event.data.type));
      assert.equal(names[0], 'message_start');
      assert.deepEqual(names.slice(-2), ['message_delta', 'message_stop']);
      let open = -1, next = 0;
      for (const { data } of events) {
        if (data.type === 'content_block_start') assert.deepEqual([data.index, open], [next, -1]), open = next++;
        if (data.type === 'content_block_delta') assert.equal(data.index, open);
        if (data.type === 'content_block_stop') assert.equal(data.index, open), open = -1;
      }
      const deltas = (type, key) => events.filter(event => event.data.delta?.type === type).map(event => event.data.delta[key]).join('');
      assert.equal(deltas('text_delta', 'text'), text);
      assert.equal(deltas('thinking_delta', 'thinking'), thinking);
      assert.ok(Number.isInteger(events[0].data.message.usage.input_tokens));
    });

    run('a tool\'s result goes back with the thinking before it', async () => {
      const first = await post(request(provider.id, 'Please #ponder', { stream: false }));
      assert.equal(first.json.stop_reason, 'tool_use', first.text);
      const call = first.json.content.find(block => block.type === 'tool_use');
      assert.deepEqual(call.input, calls[0].args);
      const opening = request(provider.id, 'Please #ponder').messages;
      const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Rain.', cache_control: ephemeral }] };
      const last = await post(request(provider.id, '', { messages: [...opening, { role: 'assistant', content: first.json.content }, result] }));
      assert.equal(last.status, 200, last.text);

      const { heard, headers: got, body } = gateway.provider.last(provider.id);
      assert.deepEqual(heard.turns.map(turn => turn.role), ['user', 'assistant', 'user']);
      assert.equal(heard.turns[2].results[0].text, 'Rain.');
      if (provider.signs) assert.deepEqual(heard.turns[1].thinking.map(part => part.signature).filter(value => value), [signature]);
      assert.match(heard.system, /cc_version=[^]*You are Claude Code[^]*interactive agent/);
      if (provider.id !== 'anthropic') {
        assert.equal(got['anthropic-beta'], undefined);
        for (const field of ['context_management', 'diagnostics', 'metadata.user_id']) assert.equal(body[field], undefined, field);
      }
    });
  }
});
