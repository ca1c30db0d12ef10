import OpenAI, { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { testClient } from './support/behaviours.mjs';

const classes = { 400: BadRequestError, 401: AuthenticationError, 404: NotFoundError, 503: InternalServerError };

const items = turn =>
  turn.assistant ? turn.assistant.native.output
  : turn.results ? turn.results.map(({ id, value }) => ({ type: 'function_call_output', call_id: id, output: value }))
  : turn.image ? [{ role: 'user', content: [{ type: 'input_text', text: turn.user }, { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${turn.image}` }] }]
  : [{ role: 'user', content: turn.user }];

testClient({
  name: 'openai responses',
  id: 'responses',
  signs: true,
  hasNoStops: true,
  isError: (error, status) => error instanceof classes[status] && error.status === status,
  isStreamError: error => error instanceof APIError || !!error.failed,

  async ask({ url, token, model, stream, system, turns, tools, schema, think, limit }) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
    const request = {
      model, store: false, include: ['reasoning.encrypted_content'], instructions: system, max_output_tokens: limit, input: turns.flatMap(items),
      tools: tools?.map(({ name, description, schema }) => ({ type: 'function', name, description, strict: false, parameters: schema })),
      ...(think && { reasoning: { effort: 'low', summary: 'auto' } }),
      ...(schema && { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } } }),
    };
    const native = stream ? await client.responses.stream(request).finalResponse() : await client.responses.create(request);
    // The SDK resolves with a failed response and leaves it to its user to look.
    if (native.status === 'failed') throw Object.assign(new Error(native.error.message), { failed: native.error.code });
    const of = type => native.output.filter(item => item.type === type);
    const called = of('function_call');
    const refused = of('message').some(item => item.content.some(part => part.type === 'refusal'));
    const { input_tokens, input_tokens_details, output_tokens } = native.usage;
    return {
      native,
      text: native.output_text,
      thinking: of('reasoning').map(item => ({ text: item.summary.map(part => part.text).join(''), signature: item.encrypted_content })),
      calls: called.map(item => ({ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) })),
      stop: refused || native.incomplete_details?.reason === 'content_filter' ? 'refusal'
        : native.incomplete_details ? { max_output_tokens: 'length' }[native.incomplete_details.reason]
        : native.status !== 'completed' ? native.status
        : called.length ? 'tools' : 'end',
      usage: { input: input_tokens, cached: input_tokens_details.cached_tokens, output: output_tokens },
    };
  },
});
