import { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError } from '@anthropic-ai/sdk';
import { testClient } from './behaviours.mjs';

const stops = { end_turn: 'end', tool_use: 'tools', max_tokens: 'length', stop_sequence: 'sequence', refusal: 'refusal' };
const classes = { 400: BadRequestError, 401: AuthenticationError, 403: PermissionDeniedError, 404: NotFoundError, 503: InternalServerError };

const message = turn =>
  turn.assistant ? { role: 'assistant', content: turn.assistant.native.content }
  : turn.results ? { role: 'user', content: turn.results.map(({ id, value }) => ({ type: 'tool_result', tool_use_id: id, content: value })) }
  : turn.image ? { role: 'user', content: [{ type: 'text', text: turn.user }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: turn.image } }] }
  : { role: 'user', content: turn.user };

/** Runs every behaviour through a client of the Anthropic family: `open` makes one, and `statusOf` says what its cloud calls a status. */
export const testAnthropic = ({ name, open, statusOf = status => status }) => testClient({
  name,
  id: 'anthropic',
  signs: true,
  isError: (error, status) => error instanceof classes[statusOf(status)] && (status === 503 || error.status === statusOf(status)),
  isStreamError: error => error instanceof APIError,

  async ask({ url, token, model, stream, system, turns, tools, schema, think, stops: stop_sequences, limit = 4000 }) {
    const client = open(url, token);
    const request = {
      model, max_tokens: limit, system, stop_sequences, messages: turns.map(message),
      tools: tools?.map(tool => ({ name: tool.name, description: tool.description, input_schema: tool.schema })),
      ...(think && { thinking: { type: 'enabled', budget_tokens: 2000 } }),
      ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
    };
    const native = stream ? await client.messages.stream(request).finalMessage() : await client.messages.create(request);
    const of = type => native.content.filter(block => block.type === type);
    const { input_tokens, cache_read_input_tokens, output_tokens } = native.usage;
    return {
      native,
      text: of('text').map(block => block.text).join(''),
      thinking: of('thinking').map(block => ({ text: block.thinking, signature: block.signature })),
      calls: of('tool_use').map(({ id, name, input }) => ({ id, name, args: input })),
      stop: stops[native.stop_reason],
      usage: { input: input_tokens + cache_read_input_tokens, cached: cache_read_input_tokens, output: output_tokens },
    };
  },
});
