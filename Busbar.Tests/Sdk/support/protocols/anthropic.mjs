import { usage, pieces, turnsOf } from '../model.mjs';

const stops = { end: 'end_turn', tools: 'tool_use', length: 'max_tokens', sequence: 'stop_sequence', refusal: 'refusal' };
const types = { 400: 'invalid_request_error', 401: 'authentication_error', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' };

function skeleton(model, answer) {
  const stop_details = answer?.stop === 'refusal' ? { type: 'refusal', category: null, explanation: answer.blocks[0].refusal } : null;
  return {
    id: `msg_01XFDUDYJgAACzvnptvVoYEL${answer?.mark ?? ''}`, type: 'message', role: 'assistant', model, content: [], stop_reason: answer ? stops[answer.stop] : null,
    stop_sequence: answer?.sequence ?? null, stop_details, container: null,
    usage: {
      input_tokens: usage.fresh, cache_creation_input_tokens: 0, cache_read_input_tokens: usage.cached,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }, output_tokens: answer ? usage.output : 1,
      server_tool_use: null, service_tier: 'standard', inference_geo: null,
    },
  };
}

const block = (part, index) =>
  part.call ? { type: 'tool_use', id: `toolu_01A09q90qw90lq9178${part.mark ?? ''}${index}`, name: part.call.name, input: part.call.args, caller: { type: 'direct' } }
  : part.thinking ? { type: 'thinking', thinking: part.thinking, signature: part.signature }
  : { type: 'text', text: part.text ?? part.refusal, citations: null };

export default {
  id: 'anthropic',
  model: 'claude-sonnet-4-5',
  signs: true,
  matches: path => path === '/v1/messages',
  streams: body => body.stream === true,

  whole: (answer, { model }) => ({ ...skeleton(model, answer), content: answer.blocks.map(block) }),

  *stream(answer, { model }) {
    const event = data => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
    yield event({ type: 'message_start', message: { ...skeleton(model), id: skeleton(model, answer).id } });
    yield event({ type: 'ping' });
    for (const [index, part] of answer.blocks.entries()) {
      const whole = block(part, index);
      const delta = fields => event({ type: 'content_block_delta', index, delta: fields });
      if (whole.type === 'tool_use') {
        yield event({ type: 'content_block_start', index, content_block: { ...whole, input: {} } });
        yield delta({ type: 'input_json_delta', partial_json: '' });
        if (Object.keys(whole.input).length) for (const piece of pieces(JSON.stringify(whole.input))) yield delta({ type: 'input_json_delta', partial_json: piece });
      } else if (whole.type === 'thinking') {
        yield event({ type: 'content_block_start', index, content_block: { ...whole, thinking: '', signature: '' } });
        for (const piece of pieces(whole.thinking)) yield delta({ type: 'thinking_delta', thinking: piece });
        yield delta({ type: 'signature_delta', signature: whole.signature });
      } else {
        yield event({ type: 'content_block_start', index, content_block: { ...whole, text: '' } });
        for (const piece of pieces(whole.text)) yield delta({ type: 'text_delta', text: piece });
      }
      if (answer.stop === 'cut') return;
      if (answer.stop === 'error') return yield event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' });
      yield event({ type: 'content_block_stop', index });
    }
    const { stop_reason, stop_sequence, stop_details, container } = skeleton(model, answer);
    yield event({
      type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details, container },
      usage: { input_tokens: usage.fresh, cache_creation_input_tokens: 0, cache_read_input_tokens: usage.cached, output_tokens: usage.output },
    });
    yield event({ type: 'message_stop' });
  },

  error: status => ({
    headers: { 'request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy' },
    body: { type: 'error', error: { type: types[status] ?? 'api_error', message: `The provider says ${status}.` }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' },
  }),

  hear(body) {
    const blocks = content => typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const texts = content => blocks(content ?? []).filter(part => part.type === 'text').map(part => part.text);
    const of = (content, type) => blocks(content).filter(part => part.type === type);
    return {
      system: texts(body.system).join('\n'),
      turns: turnsOf(body.messages.map(({ role, content }) => ({
        role,
        texts: texts(content),
        images: of(content, 'image').map(({ source }) => source.url ?? source.data),
        calls: of(content, 'tool_use').map(({ id, name, input }) => ({ id, name, args: input })),
        results: of(content, 'tool_result').map(part => ({ id: part.tool_use_id, text: texts(part.content).join('') })),
        thinking: of(content, 'thinking').map(part => ({ text: part.thinking, signature: part.signature })),
      }))),
      tools: (body.tools ?? []).map(tool => ({ name: tool.name, schema: tool.input_schema })),
      schema: body.output_config?.format?.schema,
      limit: body.max_tokens,
      stops: body.stop_sequences,
      thinks: !!body.thinking && body.thinking.type !== 'disabled',
    };
  },
};
