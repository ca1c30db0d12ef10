// The SDKs with a provider's own keys, which pass through to it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BedrockRuntimeServiceException } from '@aws-sdk/client-bedrock-runtime';
import { callsOf, clients, openBedrock } from './support/clients.mjs';
import { assertClean, describeError } from './support/errors.mjs';
import { providerKey, startGateway } from './support/gateway.mjs';
import { text } from './support/model.mjs';
import { protocols } from './support/provider.mjs';

// A key of each provider's making, and how its own SDK sends it.
const keys = {
  openai: ['sk-proj-0123456789abcdef', 'authorization', 'Bearer '],
  responses: ['sk-proj-0123456789abcdef', 'authorization', 'Bearer '],
  anthropic: ['sk-ant-api03-0123456789', 'x-api-key', ''],
  gemini: ['AIzaSyA0123456789abcdef', 'x-goog-api-key', ''],
  bedrock: ['ABSKQmVkcm9ja0FQSUtleQ', 'authorization', 'Bearer '],
  cohere: ['0123456789abcdefghijABCDEFGHIJ', 'authorization', 'Bearer '],
};
const carriers = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'];
const carried = headers => Object.fromEntries(carriers.filter(name => headers[name]).map(name => [name, headers[name]]));

describe('passthrough', { concurrency: false }, () => {
  const opened = [];
  let gateway;
  before(async () => { gateway = await startGateway('passthrough'); });
  after(() => { opened.forEach(each => each.close()); gateway?.stop(); });
  const kept = client => (opened.push(client), client);

  for (const client of clients) {
    describe(client.name, { concurrency: false }, () => {
      for (const provider of protocols) {
        const [key, name, scheme] = keys[provider.id];
        const run = (title, body) => test(`${title}, ${provider.id} provider`, { timeout: 20_000 }, body);

        run('the caller\'s key goes out in the provider\'s own header, and in no other', async () => {
          const sdk = kept(client.open(gateway.url, key));
          for (const stream of [false, true]) {
            assert.equal(await sdk.ask({ model: provider.id, stream }), text);
            const { headers } = gateway.provider.last(provider.id);
            assert.deepEqual(carried(headers), { [name]: scheme + key });
            assert.ok(!JSON.stringify(headers).includes(providerKey));
          }
        });

        run('a key that the provider refuses is the SDK\'s own failure, with the provider\'s words', async () => {
          const sdk = kept(client.open(gateway.url, key, client.obeys ? 2 : 0));
          for (const stream of [false, true]) {
            const { error, calls } = await callsOf(sdk, () => sdk.ask({ model: provider.id, stream, prompt: 'Say #error-401' }));
            // Bedrock has another status for it, of its own making.
            assert.deepEqual(calls.map(({ status }) => status), [client.id === 'bedrock' && provider.id !== 'bedrock' ? 403 : 401], error ? describeError(error) : 'it was answered');
            assert.match(describeError(error), /The provider says 401\./);
            assertClean(error);
            // Between two sides of one protocol the answer is the provider's, and it has its own words for this.
            if (client.id === 'gemini') assert.deepEqual([error.status, JSON.parse(error.message).error.status], [401, 'UNAUTHENTICATED']);
            else if (client.id !== provider.id) client.refused(error, 'credential');
            else if (client.id === 'bedrock') assert.ok(error instanceof BedrockRuntimeServiceException && error.name === 'UnrecognizedClientException', describeError(error));
            else assert.equal(error.status ?? error.statusCode, 401);
          }
        });
      }
    });
  }

  test('what looks like nobody\'s key is sent as it came', async () => {
    for (const client of clients) {
      await kept(client.open(gateway.url, 'unheard-of')).ask({ model: 'gemini' });
      assert.deepEqual(carried(gateway.provider.last('gemini').headers), client.id === 'gemini' ? { 'x-goog-api-key': 'unheard-of' } : { authorization: 'Bearer unheard-of' });
    }
  });

  test('an AWS key pair signs for Bedrock, whichever SDK has it', async () => {
    for (const client of clients) {
      await kept(client.open(gateway.url, 'AKIAEXAMPLE:a-secret:a-session')).ask({ model: 'bedrock' });
      const { headers } = gateway.provider.last('bedrock');
      assert.match(headers.authorization, /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\//);
      assert.equal(headers['x-amz-security-token'], 'a-session');
      assert.ok(!JSON.stringify(headers).includes('a-secret'));
    }
  });

  test('a signature of the AWS SDK reaches Bedrock as it was made', async () => {
    const sdk = kept(openBedrock({ endpoint: gateway.url, maxAttempts: 1, credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'a-secret', sessionToken: 'a-session' } }));
    const model = protocols.find(({ id }) => id === 'bedrock').model;
    const { value, calls: [{ request }] } = await callsOf(sdk, () => sdk.ask({ model: 'bedrock', prompt: 'Say #text', limit: 64 }));
    assert.equal(value, text);
    const { headers, raw, path } = gateway.provider.last('bedrock');
    for (const name of ['authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', 'amz-sdk-invocation-id']) assert.equal(headers[name], request.headers[name], name);
    assert.equal(raw, Buffer.from(request.body).toString());
    assert.ok(path.includes(encodeURIComponent(model)), path);
  });

  test('no lane has been penalised for its callers\' keys', async () => {
    const { lanes } = await (await fetch(`${gateway.url}/stats`)).json();
    for (const { model, usable, dead, cooldown_remaining_s, streak, err, inflight } of lanes) {
      assert.deepEqual({ usable, dead, cooldown_remaining_s, streak, err, inflight }, { usable: true, dead: false, cooldown_remaining_s: 0, streak: 0, err: 0, inflight: 0 }, model);
    }
    for (const name of ['busbar_lane_state', 'busbar_upstream_failures_total', 'busbar_failovers_total', 'busbar_breaker_trips_total']) assert.equal(await gateway.figure(name), 0, name);
  });
});
