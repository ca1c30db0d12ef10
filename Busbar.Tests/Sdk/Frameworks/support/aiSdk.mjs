// The Vercel AI SDK by each of its providers. It runs the tools itself and asks again with what they return.
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createCohere } from '@ai-sdk/cohere';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from 'ai';

const models = {
  'openai (chat)': ['openai', ({ url, token, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: token }).chat(model)],
  'openai-compatible': ['openai', ({ url, token, model }) => createOpenAICompatible({ name: 'busbar', baseURL: `${url}/v1`, apiKey: token, includeUsage: true, supportsStructuredOutputs: true })(model)],
  'openai (responses)': ['responses', ({ url, token, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: token })(model)],
  anthropic: ['anthropic', ({ url, token, model }) => createAnthropic({ baseURL: `${url}/v1`, authToken: token })(model)],
  google: ['gemini', ({ url, token, model }) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: token })(model)],
  'amazon-bedrock': ['bedrock', ({ url, token, model }) => createAmazonBedrock({ baseURL: url, apiKey: token, region: 'us-east-1' })(model)],
  cohere: ['cohere', ({ url, token, model }) => createCohere({ baseURL: `${url}/v2`, apiKey: token })(model)],
};

export const aiSdk = Object.entries(models).map(([name, [id, open]]) => ({
  name: `Vercel AI SDK with ${name}`,
  id,
  async ask({ stream, prompt, tools, schema, image, ...where }) {
    const content = image ? [{ type: 'text', text: prompt }, { type: 'file', data: Buffer.from(image, 'base64'), mediaType: 'image/png' }] : prompt;
    const request = {
      model: open(where), maxRetries: 0, messages: [{ role: 'user', content }], stopWhen: isStepCount(3),
      tools: tools && Object.fromEntries(tools.map(({ name, description, schema: inputSchema, run }) => [name, tool({ description, inputSchema: jsonSchema(inputSchema), execute: run })])),
      ...(schema && { output: Output.object({ schema: jsonSchema(schema) }) }),
    };
    if (!stream) {
      const answer = await generateText(request);
      return { text: answer.text, object: schema && answer.output };
    }
    let failure;
    const answer = streamText({ ...request, onError: ({ error }) => { failure = error; } });
    let text = '';
    for await (const delta of answer.textStream) text += delta;
    if (failure) throw failure;
    return { text, object: schema && await answer.output };
  },
}));
