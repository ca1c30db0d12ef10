import { usage, pieces, turnsOf } from '../model.mjs';

const stops = { end: 'STOP', tools: 'STOP', length: 'MAX_TOKENS', sequence: 'STOP', refusal: 'SAFETY' };
const statuses = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 529: 'UNAVAILABLE' };
const counts = {
  promptTokenCount: usage.fresh + usage.cached, candidatesTokenCount: usage.output, totalTokenCount: usage.fresh + usage.cached + usage.output,
  cachedContentTokenCount: usage.cached, promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.fresh + usage.cached }],
};

const chunk = (model, parts, finishReason, rest) => ({
  candidates: [{ content: { parts, role: 'model' }, ...(finishReason && { finishReason }), index: 0 }],
  usageMetadata: counts, modelVersion: model, responseId: 'kQ3OaLDaGZqpz7IPr9mAyA4', ...rest,
});

// The signature of a thought stands on the part that follows it.
function* parts(answer, split) {
  let sign = {};
  for (const part of answer.blocks) {
    if (part.thinking) {
      for (const text of split(part.thinking)) yield { text, thought: true };
      sign = { thoughtSignature: part.signature };
    } else if (part.call) {
      yield { functionCall: part.call, ...sign };
      sign = {};
    } else {
      for (const text of split(part.text ?? '')) {
        yield { text, ...sign };
        sign = {};
      }
    }
  }
}

export default {
  id: 'gemini',
  model: 'gemini-3-pro-preview',
  signs: true,
  hasNoCallIds: true,
  matches: path => /^\/v1(beta)?\/models\/[^/]+:(streamG|g)enerateContent$/.test(path),
  streams: (body, path) => path.endsWith(':streamGenerateContent'),

  whole: (answer, { model }) => chunk(model, [...parts(answer, text => [text])], stops[answer.stop]),

  *stream(answer, { model }) {
    const event = data => `data: ${JSON.stringify(data)}\r\n\r\n`;
    for (const part of parts(answer, text => pieces(text, 12))) {
      yield event(chunk(model, [part]));
      if (answer.stop === 'cut') return;
      if (answer.stop === 'error') return yield event({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } });
    }
    yield event(chunk(model, [{ text: '' }], stops[answer.stop]));
  },

  error: status => ({ body: { error: { code: status, message: `The provider says ${status}.`, status: statuses[status] } } }),

  hear(body) {
    const config = body.generationConfig ?? {};
    const kind = key => parts => parts.filter(part => part[key] !== undefined && !part.thought);
    const [texts, inline, calls, results] = ['text', 'inlineData', 'functionCall', 'functionResponse'].map(kind);
    return {
      system: texts(body.systemInstruction?.parts ?? []).map(part => part.text).join('\n'),
      turns: turnsOf(body.contents.map(({ role, parts }) => ({
        role: role === 'model' ? 'assistant' : 'user',
        texts: texts(parts).map(part => part.text).filter(text => text),
        images: inline(parts).map(part => part.inlineData.data),
        calls: calls(parts).map(({ functionCall }) => ({ name: functionCall.name, args: functionCall.args ?? {} })),
        results: results(parts).map(({ functionResponse: { response } }) => ({ text: typeof response.output === 'string' ? response.output : JSON.stringify(response) })),
        thinking: parts.filter(part => part.thought || part.thoughtSignature).map(part => ({ text: part.thought ? part.text : '', signature: part.thoughtSignature })),
      }))),
      tools: (body.tools ?? []).flatMap(tool => tool.functionDeclarations ?? []).map(tool => ({ name: tool.name, schema: tool.parametersJsonSchema ?? tool.parameters })),
      schema: config.responseJsonSchema ?? config.responseSchema,
      limit: config.maxOutputTokens,
      stops: config.stopSequences,
      thinks: !!config.thinkingConfig,
    };
  },
};
