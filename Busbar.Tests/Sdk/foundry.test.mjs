// Anthropic's own client for AI Foundry on Azure.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AnthropicFoundry } from '@anthropic-ai/foundry-sdk';
import { testAnthropic } from './support/anthropic.mjs';
import { startGateway, token } from './support/gateway.mjs';
import { text } from './support/model.mjs';

testAnthropic({ name: '@anthropic-ai/foundry-sdk', open: (url, apiKey) => new AnthropicFoundry({ baseURL: url, apiKey, maxRetries: 0 }) });

describe('@anthropic-ai/foundry-sdk, beside chat', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());

  const say = (client, model) => client.messages.create({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Say #text' }] });

  test('a token of Entra ID is taken too', async () => {
    const answer = await say(new AnthropicFoundry({ baseURL: gateway.url, azureADTokenProvider: async () => token, maxRetries: 0 }), 'openai');
    assert.equal(answer.content[0].text, text);
  });

  test('tokens are counted', async () => {
    const client = new AnthropicFoundry({ baseURL: gateway.url, apiKey: token, maxRetries: 0 });
    const { input_tokens } = await client.messages.countTokens({ model: 'anthropic', messages: [{ role: 'user', content: 'Words.' }] });
    assert.ok(input_tokens > 0);
  });

  test('Azure\'s own path works behind the name of a model', async () => {
    const answer = await say(new AnthropicFoundry({ baseURL: `${gateway.url}/gemini/anthropic/`, apiKey: token, maxRetries: 0 }), 'claude-sonnet-4-6');
    assert.equal(answer.content[0].text, text);
  });
});
