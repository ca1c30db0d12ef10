import {
  AccessDeniedException, BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, ResourceNotFoundException, ServiceUnavailableException, ValidationException,
} from '@aws-sdk/client-bedrock-runtime';
import { testClient } from './support/behaviours.mjs';

const stops = { end_turn: 'end', tool_use: 'tools', max_tokens: 'length', stop_sequence: 'sequence', content_filtered: 'refusal', guardrail_intervened: 'refusal' };
const classes = { 400: ValidationException, 401: AccessDeniedException, 404: ResourceNotFoundException, 503: ServiceUnavailableException };

const message = turn =>
  turn.assistant ? turn.assistant.native
  : turn.results ? { role: 'user', content: turn.results.map(({ id, value }) => ({ toolResult: { toolUseId: id, content: [{ text: value }] } })) }
  : turn.image ? { role: 'user', content: [{ text: turn.user }, { image: { format: 'png', source: { bytes: Buffer.from(turn.image, 'base64') } } }] }
  : { role: 'user', content: [{ text: turn.user }] };

// The SDK hands out events only, so this joins them as its users do.
async function join(events) {
  const content = [];
  let stopReason, usage;
  for await (const { contentBlockStart: start, contentBlockDelta: delta, messageStop, metadata } of events) {
    if (start) content[start.contentBlockIndex] = { toolUse: { ...start.start.toolUse, input: '' } };
    if (delta) {
      const { text, toolUse, reasoningContent } = delta.delta;
      const block = content[delta.contentBlockIndex] ??= text !== undefined ? { text: '' } : { reasoningContent: { reasoningText: { text: '' } } };
      if (text !== undefined) block.text += text;
      if (toolUse) block.toolUse.input += toolUse.input;
      if (reasoningContent?.text) block.reasoningContent.reasoningText.text += reasoningContent.text;
      if (reasoningContent?.signature) block.reasoningContent.reasoningText.signature = reasoningContent.signature;
    }
    stopReason = messageStop?.stopReason ?? stopReason;
    usage = metadata?.usage ?? usage;
  }
  if (!stopReason) throw new Error('the stream ended without messageStop');
  for (const { toolUse } of content) if (toolUse) toolUse.input = JSON.parse(toolUse.input || '{}');
  return { output: { message: { role: 'assistant', content } }, stopReason, usage };
}

// Its default handler speaks HTTP/2 with prior knowledge.
const clients = new Map();
function clientFor(endpoint, token) {
  const key = `${endpoint} ${token}`;
  if (!clients.has(key)) {
    clients.set(key, new BedrockRuntimeClient({ region: 'us-east-1', endpoint, token: { token }, authSchemePreference: ['httpBearerAuth'], maxAttempts: 1 }));
  }
  return clients.get(key);
}

testClient({
  name: '@aws-sdk/client-bedrock-runtime',
  id: 'bedrock',
  signs: true,
  // A wrong key is a 403 in this protocol.
  isError: (error, status) => error instanceof classes[status] && error.$metadata.httpStatusCode === (status === 401 ? 403 : status),
  isStreamError: error => /Exception$/.test(error.name),
  close: () => clients.forEach(client => client.destroy()),

  async ask({ url, token, model, stream, system, turns, tools, schema, think, stops: stopSequences, limit }) {
    const request = {
      modelId: model, messages: turns.map(message), ...(system && { system: [{ text: system }] }),
      inferenceConfig: { maxTokens: limit, stopSequences },
      ...(tools && { toolConfig: { tools: tools.map(({ name, description, schema }) => ({ toolSpec: { name, description, inputSchema: { json: schema } } })) } }),
      ...(think && { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } } }),
      ...(schema && { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } } } } }),
    };
    const client = clientFor(url, token);
    const { output, stopReason, usage } = stream ? await join((await client.send(new ConverseStreamCommand(request))).stream) : await client.send(new ConverseCommand(request));
    const of = key => output.message.content.filter(block => block[key] !== undefined).map(block => block[key]);
    return {
      native: output.message,
      text: of('text').join(''),
      thinking: of('reasoningContent').map(({ reasoningText }) => ({ text: reasoningText.text, signature: reasoningText.signature })),
      calls: of('toolUse').map(({ toolUseId, name, input }) => ({ id: toolUseId, name, args: input })),
      stop: stops[stopReason],
      usage: { input: usage.inputTokens + (usage.cacheReadInputTokens ?? 0), cached: usage.cacheReadInputTokens, output: usage.outputTokens },
    };
  },
});
