import { ApiError } from '@google/genai';
import { testClient } from './behaviours.mjs';

const stops = { STOP: 'end', MAX_TOKENS: 'length', SAFETY: 'refusal' };

const contents = turn =>
  turn.assistant ? turn.assistant.native
  : turn.results ? [{ role: 'user', parts: turn.results.map(({ id, name, value }) => ({ functionResponse: { id, name, response: JSON.parse(value) } })) }]
  : turn.image ? [{ role: 'user', parts: [{ text: turn.user }, { inlineData: { mimeType: 'image/png', data: turn.image } }] }]
  : [{ role: 'user', parts: [{ text: turn.user }] }];

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Runs every behaviour through a client of Gemini that `open` makes. */
export const testGemini = ({ name, open }) => testClient({
  name,
  id: 'gemini',
  signs: true,
  // A wrong key is a 400 with a reason in this protocol.
  isError: (error, status) => error instanceof ApiError && (status === 401 ? error.status === 400 && error.message.includes('API_KEY_INVALID') : error.status === status),
  isStreamError: error => error instanceof ApiError,

  async ask({ url, token, model, stream, system, turns, tools, schema, think, stops: stopSequences, limit }) {
    const client = open(url, token);
    const request = {
      model, contents: turns.flatMap(contents),
      config: {
        systemInstruction: system, stopSequences, maxOutputTokens: limit,
        ...(tools && { tools: [{ functionDeclarations: tools.map(({ name, description, schema }) => ({ name, description, parametersJsonSchema: schema })) }] }),
        ...(think && { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } }),
        ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
      },
    };
    const chunks = stream ? await collect(await client.models.generateContentStream(request)) : [await client.models.generateContent(request)];
    // As the SDK's own chat keeps its history: one content per chunk.
    const native = chunks.map(chunk => chunk.candidates?.[0]?.content).filter(content => content?.parts?.length);
    const parts = native.flatMap(content => content.parts);
    const called = parts.filter(part => part.functionCall).map(({ functionCall: { id, name, args } }, index) => ({ id: id ?? String(index), name, args: args ?? {} }));
    const reason = chunks.map(chunk => chunk.candidates?.[0]?.finishReason).findLast(reason => reason);
    if (!reason) throw new Error('the stream ended without a finish reason');
    const { promptTokenCount, cachedContentTokenCount, candidatesTokenCount, thoughtsTokenCount = 0 } = chunks.findLast(chunk => chunk.usageMetadata).usageMetadata;
    return {
      native,
      text: parts.filter(part => part.text && !part.thought).map(part => part.text).join(''),
      thinking: parts.filter(part => part.thought).map(part => ({ text: part.text ?? '', signature: part.thoughtSignature })),
      calls: called,
      stop: called.length && reason === 'STOP' ? 'tools' : stops[reason],
      usage: { input: promptTokenCount, cached: cachedContentTokenCount, output: candidatesTokenCount + thoughtsTokenCount },
    };
  },
});
