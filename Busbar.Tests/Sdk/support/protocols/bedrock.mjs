import { crc32 } from 'node:zlib';
import { usage, pieces, turnsOf } from '../model.mjs';

const stops = { end: 'end_turn', tools: 'tool_use', length: 'max_tokens', sequence: 'stop_sequence', refusal: 'content_filtered' };
const types = { 400: 'ValidationException', 401: 'UnrecognizedClientException', 429: 'ThrottlingException', 500: 'InternalServerException', 529: 'ServiceUnavailableException' };
const counts = { inputTokens: usage.fresh, outputTokens: usage.output, totalTokens: usage.fresh + usage.cached + usage.output, cacheReadInputTokens: usage.cached, cacheWriteInputTokens: 0 };

const block = (part, index) =>
  part.call ? { toolUse: { toolUseId: `tooluse_hbTgdi0CSLq_hM4P8csZJ${part.mark ?? ''}${index}`, name: part.call.name, input: part.call.args } }
  : part.thinking ? { reasoningContent: { reasoningText: { text: part.thinking, signature: part.signature } } }
  : { text: part.text ?? part.refusal };

/** One message of application/vnd.amazon.eventstream. */
export function frame(headers, body) {
  const names = Buffer.concat(Object.entries({ ...headers, ':content-type': 'application/json' }).map(([name, value]) => {
    const bytes = Buffer.from(`_${name}___${value}`);
    bytes.writeUInt8(name.length, 0);
    bytes.writeUInt8(7, 1 + name.length);
    bytes.writeUInt16BE(Buffer.byteLength(value), 2 + name.length);
    return bytes;
  }));
  const payload = Buffer.from(JSON.stringify(body));
  const bytes = Buffer.alloc(16 + names.length + payload.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(names.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  names.copy(bytes, 12);
  payload.copy(bytes, 12 + names.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

export default {
  id: 'bedrock',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  signs: true,
  streamType: 'application/vnd.amazon.eventstream',
  matches: path => /^\/model\/[^/]+\/converse(-stream)?$/.test(path),
  streams: (body, path) => path.endsWith('-stream'),

  whole: answer => ({
    metrics: { latencyMs: 317 }, output: { message: { role: 'assistant', content: answer.blocks.map(block) } }, stopReason: stops[answer.stop],
    ...(answer.sequence && { additionalModelResponseFields: { stop_sequence: answer.sequence } }), usage: counts,
  }),

  *stream(answer) {
    const event = (type, body) => frame({ ':event-type': type, ':message-type': 'event' }, { ...body, p: 'abcdefghij' });
    yield event('messageStart', { role: 'assistant' });
    for (const [contentBlockIndex, part] of answer.blocks.entries()) {
      const whole = block(part, contentBlockIndex);
      const delta = fields => event('contentBlockDelta', { contentBlockIndex, delta: fields });
      if (whole.toolUse) {
        const { input, ...start } = whole.toolUse;
        yield event('contentBlockStart', { contentBlockIndex, start: { toolUse: start } });
        for (const piece of Object.keys(input).length ? pieces(JSON.stringify(input)) : ['']) yield delta({ toolUse: { input: piece } });
      } else if (whole.reasoningContent) {
        for (const text of pieces(part.thinking)) yield delta({ reasoningContent: { text } });
        yield delta({ reasoningContent: { signature: part.signature } });
      } else {
        for (const text of pieces(whole.text)) yield delta({ text });
      }
      if (answer.stop === 'cut') return;
      if (answer.stop === 'error') return yield frame({ ':exception-type': 'modelStreamErrorException', ':message-type': 'exception' }, { message: 'The model had an error.', originalStatusCode: 500 });
      yield event('contentBlockStop', { contentBlockIndex });
    }
    yield event('messageStop', { stopReason: stops[answer.stop] });
    yield event('metadata', { usage: counts, metrics: { latencyMs: 317 } });
  },

  error: status => ({
    headers: { 'x-amzn-errortype': `${types[status]}:http://internal.amazon.com/coral/com.amazon.bedrock/`, 'x-amzn-requestid': '4d0bd2a9-6c4f-4c0a-8a4b-3f1f1b2d5c6e' },
    body: { message: `The provider says ${status}.` },
  }),

  hear(body) {
    const of = (content, key) => content.filter(part => part[key] !== undefined).map(part => part[key]);
    return {
      system: of(body.system ?? [], 'text').join('\n'),
      turns: turnsOf(body.messages.map(({ role, content }) => ({
        role,
        texts: of(content, 'text'),
        images: of(content, 'image').map(image => image.source.bytes),
        calls: of(content, 'toolUse').map(({ toolUseId, name, input }) => ({ id: toolUseId, name, args: input })),
        results: of(content, 'toolResult').map(result => ({ id: result.toolUseId, text: result.content.map(part => part.text ?? JSON.stringify(part.json)).join('') })),
        thinking: of(content, 'reasoningContent').map(({ reasoningText }) => ({ text: reasoningText.text, signature: reasoningText.signature })),
      }))),
      tools: of(body.toolConfig?.tools ?? [], 'toolSpec').map(tool => ({ name: tool.name, schema: tool.inputSchema.json })),
      schema: JSON.parse(body.outputConfig?.textFormat?.structure.jsonSchema.schema ?? 'null') ?? body.additionalModelRequestFields?.output_config?.format.schema,
      limit: body.inferenceConfig?.maxTokens,
      stops: body.inferenceConfig?.stopSequences,
      thinks: !!body.additionalModelRequestFields?.thinking,
    };
  },
};
