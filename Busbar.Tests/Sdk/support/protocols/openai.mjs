import { usage, pieces, turnsOf } from '../model.mjs';

const stops = { end: 'stop', tools: 'tool_calls', length: 'length', sequence: 'stop', refusal: 'stop' };
const counts = {
  prompt_tokens: usage.fresh + usage.cached, completion_tokens: usage.output, total_tokens: usage.fresh + usage.cached + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
};

// A free-form tool takes its input as it is, every other one takes arguments.
function toolCall({ call, mark = '' }, index, body) {
  const id = `call_a1b2c3d4e5f6g7h8i9j0k1l${mark}${index}`;
  return body.tools.some(tool => tool.custom?.name === call.name)
    ? { id, type: 'custom', custom: { name: call.name, input: call.args.input } }
    : { id, type: 'function', function: { name: call.name, arguments: JSON.stringify(call.args) } };
}

export const dataOrUrl = url => /^data:[^,]*,(.*)$/s.exec(url)?.[1] ?? url;

export const openAIError = status => ({
  headers: { 'x-request-id': 'req_2f9d3a1c5b7e4f60' },
  body: { error: { message: `The provider says ${status}.`, type: status === 400 ? 'invalid_request_error' : status === 429 ? 'rate_limit_error' : 'server_error', param: null, code: null } },
});

export default {
  id: 'openai',
  model: 'gpt-5.1',
  signs: false,
  hasNoStops: true, // nor have any of the vendor's reasoning models
  matches: path => path === '/v1/chat/completions',
  streams: body => body.stream === true,

  whole(answer, { model, body }) {
    const join = key => answer.blocks.map(part => part[key] ?? '').join('') || null;
    const tool_calls = answer.blocks.filter(part => part.call).map((part, index) => toolCall(part, index, body));
    return {
      id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG', object: 'chat.completion', created: 1741570283, model,
      choices: [{
        index: 0, logprobs: null, finish_reason: stops[answer.stop],
        message: {
          role: 'assistant', content: join('text'), refusal: join('refusal'), annotations: [],
          ...(join('thinking') && { reasoning_content: join('thinking') }), ...(tool_calls.length && { tool_calls }),
        },
      }],
      usage: counts, service_tier: 'default', system_fingerprint: 'fp_44709d6fcb',
    };
  },

  *stream(answer, { model, body }) {
    const withUsage = body.stream_options?.include_usage === true;
    const chunk = (choices, rest) => `data: ${JSON.stringify({
      id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG', object: 'chat.completion.chunk', created: 1741570283, model, service_tier: 'default',
      system_fingerprint: 'fp_44709d6fcb', choices, ...(withUsage && { usage: null }), ...rest })}\n\n`;
    const delta = (fields, finish_reason = null) => chunk([{ index: 0, delta: fields, logprobs: null, finish_reason }]);
    yield delta({ role: 'assistant', content: '', refusal: null });
    let index = 0;
    for (const part of answer.blocks) {
      if (part.call) {
        const call = toolCall(part, index, body);
        const [kind, key] = call.custom ? ['custom', 'input'] : ['function', 'arguments'];
        yield delta({ tool_calls: [{ index, ...call, [kind]: { name: part.call.name, [key]: '' } }] });
        for (const piece of pieces(call[kind][key])) yield delta({ tool_calls: [{ index, [kind]: { [key]: piece } }] });
        index++;
      } else {
        const [key, name] = part.thinking ? ['thinking', 'reasoning_content'] : part.refusal ? ['refusal', 'refusal'] : ['text', 'content'];
        for (const piece of pieces(part[key])) yield delta({ [name]: piece });
      }
      if (answer.stop === 'cut') return;
      if (answer.stop === 'error') return yield `data: ${JSON.stringify({ error: { message: 'The server had an error.', type: 'server_error', param: null, code: null } })}\n\n`;
    }
    yield delta({}, stops[answer.stop]);
    if (withUsage) yield chunk([], { usage: counts });
    yield 'data: [DONE]\n\n';
  },

  error: openAIError,

  hear(body) {
    const parts = content => typeof content === 'string' ? [{ type: 'text', text: content }] : content ?? [];
    const texts = content => parts(content).filter(part => part.type === 'text').map(part => part.text);
    const isSystem = ({ role }) => role === 'system' || role === 'developer';
    return {
      system: body.messages.filter(isSystem).flatMap(message => texts(message.content)).join('\n'),
      turns: turnsOf(body.messages.filter(message => !isSystem(message)).map(({ role, content, tool_calls, tool_call_id, reasoning_content }) =>
        role === 'tool' ? { role: 'user', results: [{ id: tool_call_id, text: texts(content).join('') }] } : {
          role,
          texts: texts(content),
          images: parts(content).filter(part => part.type === 'image_url').map(part => dataOrUrl(part.image_url.url)),
          calls: (tool_calls ?? []).map(({ id, custom, function: called }) =>
            custom ? { id, name: custom.name, args: { input: custom.input } } : { id, name: called.name, args: JSON.parse(called.arguments) }),
          thinking: reasoning_content ? [{ text: reasoning_content }] : [],
        })),
      tools: (body.tools ?? []).map(tool => ({ name: (tool.custom ?? tool.function).name, schema: tool.function?.parameters })),
      schema: body.response_format?.json_schema?.schema,
      limit: body.max_completion_tokens ?? body.max_tokens,
      stops: [body.stop ?? []].flat(),
      thinks: body.reasoning_effort !== undefined && body.reasoning_effort !== 'none',
    };
  },
};
