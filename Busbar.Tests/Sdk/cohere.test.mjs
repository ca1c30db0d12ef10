import { Cohere, CohereClientV2, CohereError } from 'cohere-ai';
import { testClient } from './support/behaviours.mjs';

const stops = { COMPLETE: 'end', TOOL_CALL: 'tools', MAX_TOKENS: 'length', STOP_SEQUENCE: 'sequence', ERROR: 'refusal' };
const classes = { 400: Cohere.BadRequestError, 401: Cohere.UnauthorizedError, 404: Cohere.NotFoundError, 503: Cohere.ServiceUnavailableError };

const messages = turn =>
  turn.assistant ? [turn.assistant.native]
  : turn.results ? turn.results.map(({ id, value }) => ({ role: 'tool', toolCallId: id, content: value }))
  : turn.image ? [{ role: 'user', content: [{ type: 'text', text: turn.user }, { type: 'image_url', imageUrl: { url: `data:image/png;base64,${turn.image}` } }] }]
  : [{ role: 'user', content: turn.user }];

// The SDK hands out events only, so this joins them as its users do.
async function join(events) {
  const content = [], toolCalls = [];
  let toolPlan = '', end;
  for await (const { type, index, delta } of events) {
    if (type === 'content-start') content[index] = { ...delta.message.content };
    if (type === 'content-delta') for (const [key, value] of Object.entries(delta.message.content)) content[index][key] += value;
    if (type === 'tool-plan-delta') toolPlan += delta.message.toolPlan;
    if (type === 'tool-call-start') toolCalls[index] = structuredClone(delta.message.toolCalls);
    if (type === 'tool-call-delta') toolCalls[index].function.arguments += delta.message.toolCalls.function.arguments;
    if (type === 'message-end') end = delta;
  }
  if (!end) throw new Error('the stream ended without message-end');
  if (end.error) throw new CohereError({ message: end.error });
  return { message: { role: 'assistant', ...(content.length && { content }), ...(toolPlan && { toolPlan }), ...(toolCalls.length && { toolCalls }) }, finishReason: end.finishReason, usage: end.usage };
}

testClient({
  name: 'cohere-ai',
  id: 'cohere',
  signs: false,
  refuses: false, // the protocol has no word for it
  isError: (error, status) => error instanceof classes[status] && error.statusCode === status,
  isStreamError: error => error instanceof CohereError,

  async ask({ url, token, model, stream, system, turns, tools, schema, think, stops: stopSequences, limit }) {
    const client = new CohereClientV2({ environment: url, token });
    const request = {
      model, stopSequences, maxTokens: limit, messages: [...(system ? [{ role: 'system', content: system }] : []), ...turns.flatMap(messages)],
      tools: tools?.map(({ name, description, schema }) => ({ type: 'function', function: { name, description, parameters: schema } })),
      ...(think && { thinking: { type: 'enabled', tokenBudget: 2000 } }),
      ...(schema && { responseFormat: { type: 'json_object', jsonSchema: schema } }),
    };
    const { message, finishReason, usage } = stream ? await join(await client.chatStream(request, { maxRetries: 0 })) : await client.chat(request, { maxRetries: 0 });
    const of = type => (message.content ?? []).filter(part => part.type === type);
    return {
      native: message,
      text: (message.toolPlan ?? '') + of('text').map(part => part.text).join(''),
      thinking: of('thinking').map(part => ({ text: part.thinking })),
      calls: (message.toolCalls ?? []).map(call => ({ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) })),
      stop: stops[finishReason],
      usage: { input: usage.tokens.inputTokens, cached: usage.cachedTokens, output: usage.tokens.outputTokens },
    };
  },
});
