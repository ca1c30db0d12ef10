// Google's own client for Vertex AI, with a project and in its express mode.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import { startGateway, token } from './support/gateway.mjs';
import { text } from './support/model.mjs';
import { testGemini } from './support/gemini.mjs';

testGemini({ name: '@google/genai on Vertex AI', open: (baseUrl, apiKey) => new GoogleGenAI({ vertexai: true, apiKey, httpOptions: { baseUrl } }) });

describe('@google/genai on Vertex AI, with a project', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway(); });
  after(() => gateway?.stop());

  // The client would look for credentials of Google's; whoever has a gateway sends its token.
  const open = () => new GoogleGenAI({
    vertexai: true, project: 'any-1', location: 'global', httpOptions: { baseUrl: gateway.url },
    googleAuthOptions: { authClient: { getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` }), quotaProjectId: undefined } },
  });

  for (const model of ['gemini', 'anthropic', 'openai']) {
    test(`${model} answers, counts and streams`, async () => {
      const { models } = open();
      assert.equal((await models.generateContent({ model, contents: 'Say #text' })).text, text);
      assert.ok((await models.countTokens({ model, contents: 'Words.' })).totalTokens > 0);
      let streamed = '';
      for await (const chunk of await models.generateContentStream({ model, contents: 'Say #text' })) streamed += chunk.text ?? '';
      assert.equal(streamed, text);
    });
  }
});
