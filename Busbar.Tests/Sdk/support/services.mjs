import { counted as tokens, embedded, vector } from './model.mjs';

/** What a provider does besides chat: it counts tokens and embeds. */
export const services = [
  { id: 'openai', matches: path => path === '/v1/embeddings', answer: ({ model, input }) => ({
    object: 'list', model, usage: { prompt_tokens: embedded, total_tokens: embedded },
    data: [input].flat().map((_, index) => ({ object: 'embedding', index, embedding: vector })),
  }) },
  { id: 'responses', matches: path => path === '/v1/responses/input_tokens', answer: () => ({ object: 'response.input_tokens', input_tokens: tokens }) },
  { id: 'anthropic', matches: path => path === '/v1/messages/count_tokens', answer: () => ({ input_tokens: tokens }) },
  { id: 'gemini', matches: path => path.endsWith(':countTokens'), answer: () => ({ totalTokens: tokens }) },
  { id: 'gemini', matches: path => path.endsWith(':batchEmbedContents'), answer: ({ requests }) => ({ embeddings: requests.map(() => ({ values: vector })), usageMetadata: { promptTokenCount: embedded } }) },
  { id: 'gemini', matches: path => path.endsWith(':embedContent'), answer: () => ({ embedding: { values: vector }, usageMetadata: { promptTokenCount: embedded } }) },
  { id: 'bedrock', matches: path => /^\/model\/[^/]+\/count-tokens$/.test(path), answer: () => ({ inputTokens: tokens }) },
  { id: 'cohere', matches: path => path === '/v2/embed', answer: ({ texts }) => ({
    id: 'da6e531f-54c5-4a73-bf92-f60566d8d753', embeddings: { float: texts.map(() => vector) }, texts,
    meta: { api_version: { version: '2' }, billed_units: { input_tokens: embedded } }, response_type: 'embeddings_by_type',
  }) },
];
