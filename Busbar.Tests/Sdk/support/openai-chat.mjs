import { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { testClient } from './behaviours.mjs';

const stops = { stop: 'end', tool_calls: 'tools', length: 'length', content_filter: 'refusal' };
const classes = { 400: BadRequestError, 401: AuthenticationError, 404: NotFoundError, 503: InternalServerError };

const messages = turn =>
  turn.assistant ? [turn.assistant.native.choices[0].message]
  : turn.results ? turn.results.map(({ id, value }) => ({ role: 'tool', tool_call_id: id, content: value }))
  : turn.image ? [{ role: 'user', content: [{ type: 'text', text: turn.user }, { type: 'image_url', image_url: { url: `data:image/png;base64,${turn.image}` } }] }]
  : [{ role: 'user', content: turn.user }];

// The accumulator joins only the fields it knows, and reasoning_content is not one of them.
async function streamed(client, request) {
  const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
  let reasoning = '';
  stream.on('chunk', chunk => { reasoning += chunk.choices[0]?.delta.reasoning_content ?? ''; });
  return { native: await stream.finalChatCompletion(), reasoning };
}

/** Runs every behaviour through a client of Chat Completions that `open` makes. */
export const testChat = ({ name, open }) => testClient({
  name,
  id: 'openai',
  signs: false,
  isError: (error, status) => error instanceof classes[status] && error.status === status,
  isStreamError: error => error instanceof APIError,

  async ask({ url, token, model, stream, system, turns, tools, schema, think, stops: stop, limit }) {
    const client = open(url, token);
    const request = {
      model, stop, max_completion_tokens: limit, messages: [...(system ? [{ role: 'system', content: system }] : []), ...turns.flatMap(messages)],
      tools: tools?.map(({ name, description, schema }) => ({ type: 'function', function: { name, description, parameters: schema } })),
      ...(think && { reasoning_effort: 'low' }),
      ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }),
    };
    const { native, reasoning } = stream ? await streamed(client, request) : { native: await client.chat.completions.create(request) };
    const [{ message, finish_reason }] = native.choices;
    const thinking = reasoning ?? message.reasoning_content;
    return {
      native,
      text: message.content ?? '',
      thinking: thinking ? [{ text: thinking }] : [],
      calls: (message.tool_calls ?? []).map(call => ({ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) })),
      stop: message.refusal ? 'refusal' : stops[finish_reason],
      usage: { input: native.usage.prompt_tokens, cached: native.usage.prompt_tokens_details.cached_tokens, output: native.usage.completion_tokens },
    };
  },
});
