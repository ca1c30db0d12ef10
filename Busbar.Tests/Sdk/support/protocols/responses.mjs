import { usage, pieces, turnsOf } from '../model.mjs';
import { dataOrUrl, openAIError } from './openai.mjs';

const counts = {
  input_tokens: usage.fresh + usage.cached, input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: 0 },
  output_tokens: usage.output, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: usage.fresh + usage.cached + usage.output,
};

// Tools may come in the list of tools or in the input, alone or in groups.
const declared = body => [...(body.tools ?? []), ...(Array.isArray(body.input) ? body.input : []).filter(item => item.type === 'additional_tools').flatMap(item => item.tools)]
  .flatMap(tool => tool.type === 'namespace' ? tool.tools.map(member => ({ ...member, namespace: tool.name })) : [tool]);

function items(answer, body) {
  const status = answer.stop === 'length' ? 'incomplete' : 'completed';
  const tools = declared(body);
  const toolOf = part => tools.find(tool => tool.name === part.call.name);
  const group = part => toolOf(part)?.namespace && { namespace: toolOf(part).namespace };
  return answer.blocks.map((part, index) =>
    part.call && toolOf(part)?.type === 'custom'
      ? { id: `ctc_67ca09c5efe0819096d0511c92b8c890${part.mark ?? ''}${index}`, type: 'custom_tool_call', status, call_id: `call_tmqYXtMjWoYvk6q1Vvg0AFO${part.mark ?? ''}${index}`, name: part.call.name, ...group(part), input: part.call.args.input }
    : part.call ? { id: `fc_67ca09c5efe0819096d0511c92b8c890${part.mark ?? ''}${index}`, type: 'function_call', status, call_id: `call_tmqYXtMjWoYvk6q1Vvg0AFO${part.mark ?? ''}${index}`, name: part.call.name, ...group(part), arguments: JSON.stringify(part.call.args) }
    : part.thinking ? { id: `rs_67ca09c5d3f08190a1b2c3d4e5f6a7b${part.mark ?? ''}${index}`, type: 'reasoning', summary: [{ type: 'summary_text', text: part.thinking }], encrypted_content: part.signature }
    : { id: `msg_67ca09c6bedc8190a7abfec07b1a133${part.mark ?? ''}${index}`, type: 'message', status, role: 'assistant', content: [content(part)] });
}

const content = part => part.refusal ? { type: 'refusal', refusal: part.refusal } : { type: 'output_text', text: part.text, annotations: [], logprobs: [] };

const skeleton = (model, { mark = '' }, rest) => ({
  id: `resp_67ca09c5efe0819096d0511c92b8c8901${mark}`, object: 'response', created_at: 1741476542, status: 'in_progress', background: false, error: null,
  incomplete_details: null, instructions: null, max_output_tokens: null, metadata: {}, model, output: [], parallel_tool_calls: true,
  previous_response_id: null, reasoning: { effort: null, summary: null }, service_tier: 'default', store: false, temperature: 1,
  text: { format: { type: 'text' } }, tool_choice: 'auto', tools: [], top_p: 1, truncation: 'disabled', usage: null, user: null, ...rest,
});

const finished = (model, answer, body) => skeleton(model, answer, {
  ...(answer.stop === 'length' ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } } : { status: 'completed' }),
  output: items(answer, body), usage: counts,
});

export default {
  id: 'responses',
  model: 'gpt-5.1',
  signs: true,
  hasNoStops: true,
  matches: path => path === '/v1/responses',
  streams: body => body.stream === true,

  whole: (answer, { model, body }) => finished(model, answer, body),

  *stream(answer, { model, body }) {
    let sequence_number = 0;
    const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...fields })}\n\n`;
    yield event('response.created', { response: skeleton(model, answer) });
    yield event('response.in_progress', { response: skeleton(model, answer) });
    for (const [output_index, item] of items(answer, body).entries()) {
      const at = { item_id: item.id, output_index };
      const part = answer.blocks[output_index];
      if (item.type === 'function_call') {
        yield event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', arguments: '' } });
        for (const delta of pieces(item.arguments)) yield event('response.function_call_arguments.delta', { ...at, delta });
        yield event('response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments });
      } else if (item.type === 'custom_tool_call') {
        yield event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', input: '' } });
        for (const delta of pieces(item.input)) yield event('response.custom_tool_call_input.delta', { ...at, delta });
        yield event('response.custom_tool_call_input.done', { ...at, input: item.input });
      } else if (item.type === 'reasoning') {
        yield event('response.output_item.added', { output_index, item: { ...item, summary: [], encrypted_content: item.encrypted_content.slice(0, 9) } });
        yield event('response.reasoning_summary_part.added', { ...at, summary_index: 0, part: { type: 'summary_text', text: '' } });
        for (const delta of pieces(part.thinking)) yield event('response.reasoning_summary_text.delta', { ...at, summary_index: 0, delta });
        yield event('response.reasoning_summary_text.done', { ...at, summary_index: 0, text: part.thinking });
        yield event('response.reasoning_summary_part.done', { ...at, summary_index: 0, part: item.summary[0] });
      } else {
        const [kind, key] = part.refusal ? ['response.refusal', 'refusal'] : ['response.output_text', 'text'];
        const logprobs = part.refusal ? {} : { logprobs: [] };
        yield event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', content: [] } });
        yield event('response.content_part.added', { ...at, content_index: 0, part: { ...item.content[0], [key]: '' } });
        for (const delta of pieces(part[key])) yield event(`${kind}.delta`, { ...at, content_index: 0, delta, ...logprobs });
        if (answer.stop === 'cut') return;
        if (answer.stop === 'error') {
          const error = { code: 'server_error', message: 'The server had an error.' };
          yield event('response.failed', { response: skeleton(model, answer, { status: 'failed', error }) });
          return;
        }
        yield event(`${kind}.done`, { ...at, content_index: 0, [key]: part[key], ...logprobs });
        yield event('response.content_part.done', { ...at, content_index: 0, part: item.content[0] });
      }
      yield event('response.output_item.done', { output_index, item });
    }
    const response = finished(model, answer, body);
    yield event(`response.${response.status}`, { response });
  },

  error: openAIError,

  hear(body) {
    const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
    const parts = value => typeof value === 'string' ? [{ type: 'input_text', text: value }] : value ?? [];
    const texts = value => parts(value).filter(part => part.type === 'input_text' || part.type === 'output_text').map(part => part.text);
    const isSystem = item => item.role === 'system' || item.role === 'developer';
    return {
      system: [body.instructions ?? [], ...input.filter(isSystem).map(item => texts(item.content))].flat().join('\n'),
      turns: turnsOf(input.filter(item => !isSystem(item)).map(item => ({
        message: () => ({ role: item.role, texts: texts(item.content), images: parts(item.content).filter(part => part.type === 'input_image').map(part => dataOrUrl(part.image_url)) }),
        function_call: () => ({ role: 'assistant', calls: [{ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) }] }),
        custom_tool_call: () => ({ role: 'assistant', calls: [{ id: item.call_id, name: item.name, args: { input: item.input } }] }),
        custom_tool_call_output: () => ({ role: 'user', results: [{ id: item.call_id, text: texts(item.output).join('') }] }),
        function_call_output: () => ({ role: 'user', results: [{ id: item.call_id, text: texts(item.output).join('') }] }),
        reasoning: () => ({ role: 'assistant', thinking: [{ text: item.summary.map(part => part.text).join(''), signature: item.encrypted_content }] }),
      })[item.type ?? 'message']?.() ?? { role: 'assistant' })),
      tools: declared(body).map(tool => ({ name: tool.name, schema: tool.parameters })),
      schema: body.text?.format?.schema,
      limit: body.max_output_tokens,
      thinks: !!body.reasoning?.effort && body.reasoning.effort !== 'none',
    };
  },
};
