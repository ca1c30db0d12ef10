// What Gemini CLI sends and needs, request by request.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway, token } from './support/gateway.mjs';
import { calls, signature, text, thinking } from './support/model.mjs';
import { protocols } from './support/provider.mjs';
import { send } from './support/raw.mjs';

const headers = { 'x-goog-api-key': token, 'user-agent': 'GeminiCLI/0.31.0/gemini-3-pro-preview (linux; x64)', 'x-goog-api-client': 'google-genai-sdk/1.30.0 gl-node/v20' };

const request = (contents, rest) => ({
  contents, systemInstruction: { role: 'user', parts: [{ text: 'You are an interactive CLI agent.' }] },
  tools: [{ functionDeclarations: [{ name: 'get_weather', description: 'The weather.', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }] }],
  generationConfig: { temperature: 1, topP: 0.95, topK: 64, thinkingConfig: { includeThoughts: true, thinkingLevel: 'HIGH' } }, ...rest,
});
const user = words => ({ role: 'user', parts: [{ text: words }] });

describe('Gemini CLI client', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());
  const post = (model, verb, body, rest = {}) => send(`${gateway.url}${rest.prefix ?? ''}/v1beta/models/${model}:${verb}`, { headers: rest.headers ?? headers, body });
  const parts = chunks => chunks.flatMap(chunk => chunk.candidates?.[0]?.content?.parts ?? []);
  const textOf = chunks => parts(chunks).filter(part => part.text && !part.thought).map(part => part.text).join('');

  test('the key may stand in the query, and is never logged', async () => {
    const { status } = await send(`${gateway.url}/v1beta/models/gemini:generateContent?key=${token}`, { headers: {}, body: request([user('Say #text')]) });
    assert.equal(status, 200);
    assert.ok(!gateway.provider.last('gemini').path.includes(token));
    assert.ok(!gateway.log().includes(token));
  });

  for (const provider of protocols) {
    const run = (name, body) => test(`${name}, ${provider.id} provider`, { timeout: 20_000 }, body);

    run('a stream is bare data events without a farewell', async () => {
      const { status, events, text: raw } = await post(provider.id, 'streamGenerateContent?alt=sse', request([user('Say #think')]));
      assert.equal(status, 200, raw);
      assert.ok(raw.split(/\r?\n\r?\n/).filter(event => event.trim()).every(event => event.startsWith('data: {') || /^:.*$/.test(event)), raw);
      const chunks = events.map(event => event.data);
      assert.equal(textOf(chunks), text);
      assert.equal(parts(chunks).filter(part => part.thought).map(part => part.text).join(''), thinking);
      assert.equal(chunks.at(-1).candidates[0].finishReason, 'STOP');
      assert.ok(Number.isInteger(chunks.at(-1).usageMetadata.totalTokenCount));
      for (const chunk of chunks) assert.ok(chunk.modelVersion && chunk.responseId, JSON.stringify(chunk));
    });

    run('a model named before the path wins over the one in it', async () => {
      const { json } = await post('no-such-model', 'generateContent', request([user('Say #text')]), { prefix: `/${provider.id}` });
      assert.equal(textOf([json]), text);
    });

    run('the thought signature comes back on the call it came with', async () => {
      const { events } = await post(provider.id, 'streamGenerateContent?alt=sse', request([user('Please #ponder')]));
      const said = parts(events.map(event => event.data));
      const { functionCall } = said.find(part => part.functionCall);
      assert.deepEqual([functionCall.name, functionCall.args], [calls[0].name, calls[0].args]);
      const result = { role: 'user', parts: [{ functionResponse: { id: functionCall.id, name: functionCall.name, response: { output: 'Rain.' } } }] };
      const last = await post(provider.id, 'generateContent', request([user('Please #ponder'), { role: 'model', parts: said }, result]));
      assert.equal(last.status, 200, last.text);
      const { turns } = gateway.provider.last(provider.id).heard;
      assert.equal(turns[2].results[0].text, 'Rain.');
      if (provider.signs) assert.deepEqual(turns[1].thinking.map(part => part.signature).filter(value => value), [signature]);
      if (provider.id === 'gemini') assert.equal(gateway.provider.last('gemini').body.contents[1].parts.find(part => part.functionCall).thoughtSignature, signature);
    });

    if (provider.id !== 'gemini') {
      run('without alt=sse the chunks are one JSON array', async () => {
        const { json, text: raw } = await post(provider.id, 'streamGenerateContent', request([user('Say #text')]));
        assert.ok(Array.isArray(json), raw);
        assert.equal(textOf(json), text);
      });
    }
  }
});
