// Anthropic's own client for Vertex AI.
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { testAnthropic } from './support/anthropic.mjs';

testAnthropic({
  name: '@anthropic-ai/vertex-sdk',
  open: (url, token) => new AnthropicVertex({
    baseURL: `${url}/v1`, region: 'us-east5', projectId: 'any-1', maxRetries: 0,
    authClient: { projectId: 'any-1', getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` }) },
  }),
});
