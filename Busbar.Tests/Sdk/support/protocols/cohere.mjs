import { usage, pieces, turnsOf } from '../model.mjs';
import { dataOrUrl } from './openai.mjs';

const stops = { end: 'COMPLETE', tools: 'TOOL_CALL', length: 'MAX_TOKENS', sequence: 'STOP_SEQUENCE', refusal: 'COMPLETE' };
const input_tokens = usage.fresh + usage.cached;
const counts = { billed_units: { input_tokens, output_tokens: usage.output }, tokens: { input_tokens, output_tokens: usage.output }, cached_tokens: usage.cached };
const id = '5b1d5d5e-6a5c-4f9b-9a59-3a1f2b6c7d8e';
const toolCall = ({ call, mark = '' }, index) => ({ id: `${call.name}_0pbqm1e3yqq${mark}${index}`, type: 'function', function: { name: call.name, arguments: JSON.stringify(call.args) } });
const content = part => part.thinking ? { type: 'thinking', thinking: part.thinking } : { type: 'text', text: part.text ?? part.refusal };

// What is said before a tool call is its plan.
const isPlan = (part, answer) => part.text && answer.stop === 'tools';

export default {
  id: 'cohere',
  model: 'command-a-reasoning-08-2025',
  signs: false,
  refuses: false, // the protocol has no word for it
  matches: path => path === '/v2/chat',
  streams: body => body.stream === true,

  whole(answer) {
    const tool_calls = answer.blocks.filter(part => part.call).map(toolCall);
    const said = answer.blocks.filter(part => !part.call && !isPlan(part, answer)).map(content);
    const tool_plan = answer.blocks.find(part => isPlan(part, answer))?.text;
    return {
      id, finish_reason: stops[answer.stop], usage: counts,
      message: { role: 'assistant', ...(said.length && { content: said }), ...(tool_plan && { tool_plan }), ...(tool_calls.length && { tool_calls }) },
    };
  },

  *stream(answer) {
    const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
    yield event('message-start', { id, delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } });
    let index = 0, calls = 0;
    for (const part of answer.blocks) {
      if (part.call) {
        const call = toolCall(part, calls);
        yield event('tool-call-start', { index: calls, delta: { message: { tool_calls: { ...call, function: { ...call.function, arguments: '' } } } } });
        for (const piece of pieces(call.function.arguments)) yield event('tool-call-delta', { index: calls, delta: { message: { tool_calls: { function: { arguments: piece } } } } });
        yield event('tool-call-end', { index: calls++ });
        continue;
      }
      if (isPlan(part, answer)) {
        for (const piece of pieces(part.text)) yield event('tool-plan-delta', { delta: { message: { tool_plan: piece } } });
        continue;
      }
      const { type, ...rest } = content(part);
      const [[key, value]] = Object.entries(rest);
      yield event('content-start', { index, delta: { message: { content: { type, [key]: '' } } } });
      for (const piece of pieces(value)) yield event('content-delta', { index, delta: { message: { content: { [key]: piece } } } });
      if (answer.stop === 'cut') return;
      if (answer.stop === 'error') break;
      yield event('content-end', { index: index++ });
    }
    const failed = answer.stop === 'error';
    yield event('message-end', { id, delta: failed ? { finish_reason: 'ERROR', error: 'The model had an error.', usage: counts } : { finish_reason: stops[answer.stop], usage: counts } });
    yield 'data: [DONE]\n\n';
  },

  error: status => ({ body: { id, message: `The provider says ${status}.` } }),

  hear(body) {
    const parts = value => typeof value === 'string' ? [{ type: 'text', text: value }] : value ?? [];
    const texts = value => parts(value).map(part => part.type === 'text' ? part.text : part.document?.data).filter(text => text !== undefined);
    return {
      system: body.messages.filter(({ role }) => role === 'system').flatMap(message => texts(message.content)).join('\n'),
      turns: turnsOf(body.messages.filter(({ role }) => role !== 'system').map(({ role, content, tool_calls, tool_call_id, tool_plan }) =>
        role === 'tool' ? { role: 'user', results: [{ id: tool_call_id, text: texts(content).map(text => typeof text === 'string' ? text : JSON.stringify(text)).join('') }] } : {
          role,
          texts: [...(tool_plan ? [tool_plan] : []), ...texts(content)],
          images: parts(content).filter(part => part.type === 'image_url').map(part => dataOrUrl(part.image_url.url)),
          calls: (tool_calls ?? []).map(call => ({ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) })),
          thinking: parts(content).filter(part => part.type === 'thinking').map(part => ({ text: part.thinking })),
        })),
      tools: (body.tools ?? []).map(tool => ({ name: tool.function.name, schema: tool.function.parameters })),
      schema: body.response_format?.json_schema ?? body.response_format?.schema,
      limit: body.max_tokens,
      stops: body.stop_sequences,
      thinks: body.thinking?.type === 'enabled',
    };
  },
};
