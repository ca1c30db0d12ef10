// OpenAI's own client for Azure: deployments in the path, and what it asks for beside chat.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AzureOpenAI, NotFoundError } from 'openai';
import { startGateway, token } from './support/gateway.mjs';
import { text, textOf, vector } from './support/model.mjs';
import { testChat } from './support/openai-chat.mjs';

const open = (endpoint, apiKey, options) => new AzureOpenAI({ endpoint, apiKey, apiVersion: '2025-04-01-preview', maxRetries: 0, ...options });

testChat({ name: 'openai for Azure', open });

describe('openai for Azure, beside chat', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());

  test('Responses come whole and streamed', async () => {
    const client = open(gateway.url, token);
    assert.equal((await client.responses.create({ model: 'anthropic', input: 'Say #text' })).output_text, text);
    let streamed = '';
    for await (const event of await client.responses.create({ model: 'gemini', input: 'Say #text', stream: true })) {
      if (event.type === 'response.output_text.delta') streamed += event.delta;
    }
    assert.equal(streamed, textOf('text'));
  });

  test('embeddings come from the deployment', async () => {
    const { data } = await open(gateway.url, token).embeddings.create({ model: 'openai', input: 'Words.', encoding_format: 'float' });
    assert.deepEqual(data[0].embedding, vector);
  });

  test('a token of Entra ID is taken too, and the v1 API', async () => {
    const rest = { azureADTokenProvider: async () => token };
    assert.ok((await open(gateway.url, undefined, rest).models.list()).data.some(({ id }) => id === 'openai'));
    const v1 = open(undefined, token, { baseURL: `${gateway.url}/openai/v1`, apiVersion: 'preview', deployment: 'bedrock' });
    assert.ok((await v1.models.list()).data.length > 0);
  });

  test('a deployment that does not exist is the vendor\'s own error', async () => {
    await assert.rejects(open(gateway.url, token, { deployment: 'nobody' }).chat.completions.create({ model: 'x', messages: [] }),
      error => error instanceof NotFoundError && error.code === 'DeploymentNotFound');
  });
});
