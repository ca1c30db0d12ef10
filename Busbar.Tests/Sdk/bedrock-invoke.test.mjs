// Clients of InvokeModel: Anthropic's own for Bedrock, with a token and with signatures, and Amazon's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { PermissionDeniedError } from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, InvokeModelCommand, InvokeModelWithResponseStreamCommand, ResourceNotFoundException, ValidationException } from '@aws-sdk/client-bedrock-runtime';
import { testAnthropic } from './support/anthropic.mjs';
import { awkwardNames, startGateway, token } from './support/gateway.mjs';
import { text } from './support/model.mjs';

testAnthropic({
  name: '@anthropic-ai/bedrock-sdk',
  open: (baseURL, apiKey) => new AnthropicBedrock({ baseURL, apiKey, awsRegion: 'eu-central-1', maxRetries: 0 }),
  // A wrong key is a 403 at Bedrock.
  statusOf: status => status === 401 ? 403 : status,
});

describe('@anthropic-ai/bedrock-sdk, signing', { concurrency: false }, () => {
  let gateway, credentials;
  before(async () => {
    gateway = await startGateway('keys');
    const { id } = await gateway.mint();
    const { access_key_id: awsAccessKey, secret_access_key: awsSecretKey } = await gateway.admin('PUT', `keys/${id}/access-key`);
    credentials = { awsAccessKey, awsSecretKey };
  });
  after(() => gateway?.stop());

  const ask = (keys, rest) => new AnthropicBedrock({ baseURL: gateway.url, apiKey: null, awsRegion: 'eu-central-1', maxRetries: 0, ...keys })
    .messages.create({ max_tokens: 64, messages: [{ role: 'user', content: 'Say #text' }], model: 'openai', ...rest });

  test('a request that an access key of a virtual key signed is served', async () => {
    assert.equal((await ask(credentials)).content[0].text, text);
    assert.equal((await ask(credentials, { model: awkwardNames[1] })).content[0].text, text);
    let streamed = '';
    for await (const event of await ask(credentials, { stream: true })) streamed += event.delta?.text ?? '';
    assert.equal(streamed, text);
  });

  test('one that another secret signed is not', async () => {
    await assert.rejects(ask({ ...credentials, awsSecretKey: 'not-the-secret' }), PermissionDeniedError);
  });
});

describe('@aws-sdk/client-bedrock-runtime, by InvokeModel', { concurrency: false }, () => {
  let gateway, client;
  before(async () => {
    gateway = await startGateway();
    client = new BedrockRuntimeClient({ region: 'us-east-1', endpoint: gateway.url, token: { token }, authSchemePreference: ['httpBearerAuth'], maxAttempts: 1 });
  });
  after(() => { client?.destroy(); gateway?.stop(); });

  const body = prompt => JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 64, messages: [{ role: 'user', content: prompt }] });

  for (const modelId of ['anthropic', 'openai', 'bedrock']) {
    test(`${modelId} answers and streams`, async () => {
      const whole = await client.send(new InvokeModelCommand({ modelId, body: body('Say #text') }));
      assert.equal(JSON.parse(Buffer.from(whole.body)).content[0].text, text);

      const events = [];
      for await (const { chunk } of (await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body: body('Say #text') }))).body) events.push(JSON.parse(Buffer.from(chunk.bytes)));
      assert.equal(events.map(({ delta }) => delta?.text ?? '').join(''), text);
      assert.equal(events.at(-1).type, 'message_stop');
      assert.ok(events.at(-1)['amazon-bedrock-invocationMetrics'].outputTokenCount > 0);
    });
  }

  test('what is wrong is the SDK\'s own exception', async () => {
    await assert.rejects(client.send(new InvokeModelCommand({ modelId: 'openai', body: '{"inputText":"hi"}' })), ValidationException);
    await assert.rejects(client.send(new InvokeModelCommand({ modelId: 'nobody', body: body('hi') })), ResourceNotFoundException);
    await assert.rejects(async () => {
      for await (const event of (await client.send(new InvokeModelWithResponseStreamCommand({ modelId: 'anthropic', body: body('Say #broken') }))).body) assert.ok(event.chunk);
    }, /Exception|overloaded|unable/i);
  });
});
