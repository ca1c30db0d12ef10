// The six SDKs, each reduced to what all of them can do, with what they make of a refusal.
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import Anthropic, * as anthropic from '@anthropic-ai/sdk';
import * as aws from '@aws-sdk/client-bedrock-runtime';
import { ApiError, GoogleGenAI } from '@google/genai';
import { Cohere, CohereClientV2 } from 'cohere-ai';
import OpenAI, * as openai from 'openai';
import { describeError } from './errors.mjs';
import { textOf } from './model.mjs';
import { protocols } from './provider.mjs';

// What fetch has sent. Only the vendors' paths count.
const sent = [];
channel('undici:request:headers').subscribe(({ request: { path, origin }, response: { statusCode: status, headers } }) => {
  const names = headers.map(String);
  sent.push({ url: `${origin}${path}`, status, headers: Object.fromEntries(names.flatMap((name, index) => index % 2 ? [] : [[name.toLowerCase(), names[index + 1]]])) });
});

/** The HTTP calls that `work` makes through `client`, oldest first, with their status and headers; and what became of the work. */
export async function callsOf(client, work) {
  const first = (client.sent ?? sent).length;
  const [{ value, reason }] = await Promise.allSettled([work(client)]);
  const calls = (client.sent ?? sent).slice(first).filter(({ url }) => client.sent || client.owns(new URL(url).pathname));
  return { value, error: reason, calls };
}

/** Begins a stream that does not end. Resolves once its text has come, with a function by which the client leaves. */
export async function hold(client, request) {
  const leaving = new AbortController();
  let ended;
  await new Promise((resolve, reject) => {
    const onText = text => text === textOf('hold') && resolve();
    // Some SDKs end quietly when they are told to leave, others throw.
    ended = client.ask({ ...request, prompt: 'Say #hold', stream: true, signal: leaving.signal, onText }).then(() => new Error('the stream ended'), error => error);
    ended.then(reject);
  });
  return () => { leaving.abort(); return ended; };
}

async function joined(events, textOf, onText) {
  let text = '';
  for await (const event of events) {
    text += textOf(event) ?? '';
    onText?.(text);
  }
  return text;
}

const openAIRefusals = {
  credential: [openai.AuthenticationError, 401, 'authentication_error', 'invalid_api_key'],
  access: [openai.PermissionDeniedError, 403, 'permission_error', null],
  rate: [openai.RateLimitError, 429, 'rate_limit_error', 'rate_limit_exceeded'],
  quota: [openai.RateLimitError, 429, 'insufficient_quota', 'insufficient_quota'],
};

function assertOpenAI(error, kind) {
  const [type, ...rest] = openAIRefusals[kind];
  assert.ok(error instanceof type, describeError(error));
  assert.deepEqual([error.status, error.type, error.code], rest);
  assert.match(error.requestID, /^req_\w+$/);
}

/**
 * Each `open`s a client: `ask` resolves with the text of an answer, `count` and `embed`, where the SDK has them, with numbers. `refused` asserts
 * that an error is the SDK's own for a refusal of a kind: `credential`, `access`, `rate` or `quota`. `obeys` says whether the SDK can be told
 * that a retry is in vain.
 */
export const clients = [
  {
    id: 'openai',
    name: 'openai chat',
    obeys: true,
    refused: assertOpenAI,
    open(url, apiKey, retries = 0) {
      const sdk = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: retries });
      return {
        async ask({ model, prompt, limit, stream, signal, onText }) {
          const request = { model, max_completion_tokens: limit, messages: [{ role: 'user', content: prompt }] };
          if (stream) return joined(await sdk.chat.completions.create({ ...request, stream }, { signal }), chunk => chunk.choices[0]?.delta.content, onText);
          return (await sdk.chat.completions.create(request, { signal })).choices[0].message.content;
        },
        embed: async model => (await sdk.embeddings.create({ model, input: 'Words.', encoding_format: 'float' })).data[0].embedding,
      };
    },
  },
  {
    id: 'responses',
    name: 'openai responses',
    obeys: true,
    refused: assertOpenAI,
    open(url, apiKey, retries = 0) {
      const sdk = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: retries });
      return {
        async ask({ model, prompt, limit, stream, signal, onText }) {
          const request = { model, max_output_tokens: limit, store: false, input: prompt };
          if (stream) return joined(await sdk.responses.create({ ...request, stream }, { signal }), event => event.type === 'response.output_text.delta' ? event.delta : '', onText);
          return (await sdk.responses.create(request, { signal })).output_text;
        },
        count: async model => (await sdk.responses.inputTokens.count({ model, input: 'Words.' })).input_tokens,
      };
    },
  },
  {
    id: 'anthropic',
    name: '@anthropic-ai/sdk',
    obeys: true,
    refused(error, kind) {
      const [type, ...rest] = {
        credential: [anthropic.AuthenticationError, 401, 'authentication_error'],
        access: [anthropic.PermissionDeniedError, 403, 'permission_error'],
        rate: [anthropic.RateLimitError, 429, 'rate_limit_error'],
        quota: [anthropic.RateLimitError, 429, 'rate_limit_error'], // told by its words alone,
      }[kind];
      assert.ok(error instanceof type, describeError(error));
      assert.deepEqual([error.status, error.error.error.type], rest);
      assert.equal(/does not cover|is used up/.test(error.message), kind === 'quota', error.message);
      assert.match(error.requestID, /^req_\w+$/);
      assert.equal(error.error.request_id, error.requestID);
    },
    open(url, apiKey, retries = 0) {
      const sdk = new Anthropic({ baseURL: url, apiKey, maxRetries: retries });
      const messages = content => [{ role: 'user', content }];
      return {
        async ask({ model, prompt, limit, stream, signal, onText }) {
          const request = { model, max_tokens: limit, messages: messages(prompt) };
          if (stream) return joined(await sdk.messages.create({ ...request, stream }, { signal }), event => event.delta?.text, onText);
          return (await sdk.messages.create(request, { signal })).content[0].text;
        },
        count: async model => (await sdk.messages.countTokens({ model, messages: messages('Words.') })).input_tokens,
      };
    },
  },
  {
    id: 'gemini',
    name: '@google/genai',
    obeys: false,
    refused(error, kind) {
      const expected = { credential: [400, 'INVALID_ARGUMENT'], access: [403, 'PERMISSION_DENIED'], rate: [429, 'RESOURCE_EXHAUSTED'], quota: [429, 'RESOURCE_EXHAUSTED'] }[kind];
      assert.ok(error instanceof ApiError, describeError(error));
      const { code, status, details } = JSON.parse(error.message).error;
      assert.deepEqual([error.status, status], expected);
      assert.equal(code, error.status);
      if (kind === 'credential') assert.equal(details[0].reason, 'API_KEY_INVALID');
    },
    open(url, apiKey, retries) {
      const sdk = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url, ...(retries && { retryOptions: { attempts: retries + 1, initialDelay: 0.05 } }) } });
      return {
        async ask({ model, prompt, limit, stream, signal, onText }) {
          const request = { model, contents: prompt, config: { maxOutputTokens: limit, abortSignal: signal } };
          if (stream) return joined(await sdk.models.generateContentStream(request), chunk => chunk.text, onText);
          return (await sdk.models.generateContent(request)).text;
        },
        count: async model => (await sdk.models.countTokens({ model, contents: 'Words.' })).totalTokens,
        embed: async model => (await sdk.models.embedContent({ model, contents: 'Words.' })).embeddings[0].values,
      };
    },
  },
  {
    id: 'bedrock',
    name: '@aws-sdk/client-bedrock-runtime',
    obeys: true,
    refused(error, kind) {
      const [type, status] = {
        credential: [aws.AccessDeniedException, 403], access: [aws.AccessDeniedException, 403], rate: [aws.ThrottlingException, 429], quota: [aws.ServiceQuotaExceededException, 400],
      }[kind];
      assert.ok(error instanceof type, describeError(error));
      assert.equal(error.name, type.name);
      assert.equal(error.$metadata.httpStatusCode, status);
      assert.match(error.$metadata.requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(error.$response.headers['x-amzn-errortype'], type.name);
    },
    open: (url, token, retries = 0) => openBedrock({ endpoint: url, token: { token }, authSchemePreference: ['httpBearerAuth'], maxAttempts: retries + 1 }),
  },
  {
    id: 'cohere',
    name: 'cohere-ai',
    obeys: false,
    refused(error, kind) {
      const [type, status] = {
        credential: [Cohere.UnauthorizedError, 401], access: [Cohere.ForbiddenError, 403], rate: [Cohere.TooManyRequestsError, 429], quota: [Cohere.TooManyRequestsError, 429],
      }[kind];
      assert.ok(error instanceof type, describeError(error));
      assert.equal(error.statusCode, status);
      assert.equal(typeof error.body.message, 'string');
    },
    open(url, token, maxRetries = 0) {
      const sdk = new CohereClientV2({ environment: url, token });
      return {
        async ask({ model, prompt, limit, stream, signal: abortSignal, onText }) {
          const request = { model, maxTokens: limit, messages: [{ role: 'user', content: prompt }] };
          if (stream) return joined(await sdk.chatStream(request, { maxRetries, abortSignal }), event => event.delta?.message?.content?.text, onText);
          return (await sdk.chat(request, { maxRetries, abortSignal })).message.content[0].text;
        },
        embed: async model => (await sdk.embed({ model, texts: ['Words.'], inputType: 'search_query', embeddingTypes: ['float'] }, { maxRetries })).embeddings.float[0],
      };
    },
  },
].map(client => ({ ...client, open: (...rest) => ready(client, client.open(...rest)) }));

function ready(client, opened) {
  const { matches } = protocols.find(protocol => protocol.id === client.id);
  const also = /\/(embeddings|embed|input_tokens|count_tokens)$|:(countTokens|batchEmbedContents|embedContent)$/;
  return { close() {}, ...opened, owns: path => matches(path) || also.test(path), ask: request => opened.ask({ model: client.id, prompt: 'Say #text', limit: 64, ...request }) };
}

/** The AWS SDK. It speaks HTTP/2 with prior knowledge unless another handler is given. */
export function openBedrock(config) {
  const sdk = new aws.BedrockRuntimeClient({ region: 'us-east-1', ...config });
  const calls = [];
  // Below its retries, above the wire.
  sdk.middlewareStack.add(next => async args => {
    const result = await next(args);
    calls.push({ status: result.response.statusCode, headers: result.response.headers, request: args.request });
    return result;
  }, { step: 'deserialize', priority: 'low' });
  const conversation = content => ({ messages: [{ role: 'user', content: [{ text: content }] }] });
  return {
    sdk,
    sent: calls,
    close: () => sdk.destroy(),
    async ask({ model, prompt, limit, stream, signal: abortSignal, onText }) {
      const request = { modelId: model, ...conversation(prompt), inferenceConfig: { maxTokens: limit } };
      if (!stream) return (await sdk.send(new aws.ConverseCommand(request), { abortSignal })).output.message.content[0].text;
      const { stream: events } = await sdk.send(new aws.ConverseStreamCommand(request), { abortSignal });
      return joined(events, event => event.contentBlockDelta?.delta.text, onText);
    },
    count: async model => (await sdk.send(new aws.CountTokensCommand({ modelId: model, input: { converse: conversation('Words.') } }))).inputTokens,
  };
}
