// What Codex sends and needs, request by request.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway, token } from './support/gateway.mjs';
import { patch, signature, text, thinking, usage } from './support/model.mjs';
import { protocols } from './support/provider.mjs';
import { send } from './support/raw.mjs';

const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}`, originator: 'codex_cli_rs', session_id: '0199f0d4-7d3a-7f30', 'user-agent': 'codex_cli_rs/0.162.1', version: '0.162.1' };
const user = words => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text: words }] });

const request = (model, input, rest) => ({
  model, instructions: 'You are Codex, a coding agent.',
  input: [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: '<permissions instructions>read-only</permissions instructions>' }] },
    user('<environment_context>\n  <cwd>/home/me</cwd>\n</environment_context>'), ...input,
  ],
  tools: [
    { type: 'function', name: 'shell', description: 'Runs a command.', strict: false, parameters: { type: 'object', properties: { command: { type: 'array', items: { type: 'string' } } }, required: ['command'], additionalProperties: false } },
    { type: 'custom', name: 'apply_patch', description: 'Edits files.', format: { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch hunk+ end_patch' } },
  ],
  tool_choice: 'auto', parallel_tool_calls: false, reasoning: { effort: 'medium', summary: 'auto' }, store: false, stream: true,
  include: ['reasoning.encrypted_content'], prompt_cache_key: '0199f0d4-7d3a-7f30', ...rest,
});

describe('Codex client', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());

  // As Codex reads a stream: what enters its history are finished items, and a turn ends with response.completed.
  async function turn(model, input, rest) {
    const { status, events, text: raw } = await send(`${gateway.url}/v1/responses`, { headers, body: request(model, input, rest) });
    assert.equal(status, 200, raw);
    assert.equal(events[0].data.type, 'response.created');
    assert.ok(events[0].data.response.id);
    for (const event of events) assert.equal(event.name, event.data.type);
    const last = events.at(-1).data;
    assert.equal(last.type, 'response.completed', raw);
    const counts = last.response.usage;
    for (const count of [counts.input_tokens, counts.output_tokens, counts.total_tokens, counts.input_tokens_details.cached_tokens, counts.output_tokens_details.reasoning_tokens]) assert.ok(Number.isInteger(count), raw);
    const of = type => events.filter(event => event.data.type === type).map(event => event.data);
    return { items: of('response.output_item.done').map(event => event.item), of, counts, completed: last.response };
  }

  test('an error has the code that Codex acts on', async () => {
    const { status, json } = await send(`${gateway.url}/v1/responses`, { headers, body: request('no-such-model', [user('Say #text')]) });
    assert.equal(status, 404);
    assert.equal(json.error.code, 'model_not_found');
  });

  for (const provider of protocols) {
    const run = (name, body) => test(`${name}, ${provider.id} provider`, { timeout: 20_000 }, body);
    const last = () => gateway.provider.last(provider.id);

    run('text and reasoning arrive as deltas and as finished items', async () => {
      const { items, of, counts, completed } = await turn(provider.id, [user('Say #think')]);
      assert.equal(of('response.output_text.delta').map(event => event.delta).join(''), text);
      assert.equal(of('response.reasoning_summary_text.delta').map(event => event.delta).join(''), thinking);
      assert.equal(items.find(item => item.type === 'message').content[0].text, text);
      assert.equal(items[0].type, 'reasoning');
      assert.equal(items[0].summary[0].text, thinking);
      assert.deepEqual(completed.output.map(item => item.id), items.map(item => item.id));
      assert.deepEqual([counts.input_tokens, counts.input_tokens_details.cached_tokens], [usage.fresh + usage.cached, usage.cached]);
      assert.match(last().heard.system, /You are Codex[^]*read-only/);
    });

    run('reasoning may be null', async () => {
      const { items } = await turn(provider.id, [user('Say #text')], { reasoning: null });
      assert.equal(items.at(-1).content[0].text, text);
    });

    run('a free-form tool is called as one and its output goes back', async () => {
      const first = await turn(provider.id, [user('Please #patch')]);
      const call = first.items.find(item => item.type === 'custom_tool_call');
      assert.equal(call?.name, 'apply_patch', JSON.stringify(first.items));
      assert.equal(call.input, patch);
      assert.ok(call.call_id);

      await turn(provider.id, [user('Please #patch'), ...first.items, { type: 'custom_tool_call_output', call_id: call.call_id, output: 'Success.' }]);
      const [, assistant, results] = last().heard.turns;
      assert.deepEqual(assistant.calls.map(({ name, args }) => [name, args]), [['apply_patch', { input: patch }]]);
      assert.equal(results.results[0].text, 'Success.');
    });

    run('encrypted reasoning comes back to its model', async () => {
      const first = await turn(provider.id, [user('Consider #think')]);
      await turn(provider.id, [user('Consider #think'), ...first.items, user('And again #text')]);
      const heard = last().heard;
      assert.deepEqual(heard.turns.map(({ role }) => role), ['user', 'assistant', 'user']);
      const signatures = heard.turns[1].thinking.map(part => part.signature).filter(value => value);
      // Gemini demands signatures only of calls, and this turn has none.
      if (provider.signs && provider.id !== 'gemini') assert.deepEqual(signatures, [signature]);
    });

    run('items of other kinds are no reason to refuse', async () => {
      const { items } = await turn(provider.id, [
        user('List #text'),
        { type: 'local_shell_call', call_id: 'call_ls', status: 'completed', action: { type: 'exec', command: ['ls'], timeout_ms: null, env: {} } },
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'weather' } },
        user('Again #text'),
      ]);
      assert.equal(items.at(-1).content[0].text, text);
    });
  }
});
