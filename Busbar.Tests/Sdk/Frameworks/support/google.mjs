// Google's own packages, in every major version that clients are built on, and the one before them.
import { GoogleGenerativeAI } from '@google/generative-ai';
import * as genai1 from 'genai-1';
import * as genai2 from 'genai-2';
import * as genai3 from 'genai-3';

// Both kinds take and give the same objects; only the way in differs.
const converse = async ({ prompt, tools, image }, ask) => {
  const contents = [{ role: 'user', parts: [{ text: prompt }, ...(image ? [{ inlineData: { mimeType: 'image/png', data: image } }] : [])] }];
  for (;;) {
    const parts = await ask(contents);
    const calls = parts.filter(part => part.functionCall).map(part => part.functionCall);
    if (!calls.length) return parts.map(part => part.thought ? '' : part.text ?? '').join('');
    contents.push({ role: 'model', parts });
    const results = await Promise.all(calls.map(async ({ id, name, args }) => ({ functionResponse: { ...(id && { id }), name, response: { output: await tools.find(tool => tool.name === name).run(args) } } })));
    contents.push({ role: 'user', parts: results });
  }
};
const partsOf = chunk => chunk.candidates?.[0]?.content?.parts ?? [];
const declared = tools => tools && [{ functionDeclarations: tools.map(({ name, description, schema: parameters }) => ({ name, description, parameters })) }];
const told = (text, schema) => schema ? { object: JSON.parse(text) } : { text };

export const google = [
  ...Object.entries({ '1.30': genai1, '2.32': genai2, '3.3': genai3 }).map(([version, { GoogleGenAI }]) => ({
    name: `@google/genai ${version}`,
    id: 'gemini',
    async ask({ url, token, model, stream, schema, ...rest }) {
      const { models } = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: url } });
      const config = { tools: declared(rest.tools), ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }) };
      const text = await converse(rest, async contents => {
        if (!stream) return partsOf(await models.generateContent({ model, contents, config }));
        const parts = [];
        for await (const chunk of await models.generateContentStream({ model, contents, config })) parts.push(...partsOf(chunk));
        return parts.filter(part => part.text !== '' || part.thoughtSignature);
      });
      return told(text, schema);
    },
  })),
  {
    name: '@google/generative-ai',
    id: 'gemini',
    async ask({ url, token, model, stream, schema, ...rest }) {
      const { additionalProperties, ...responseSchema } = schema ?? {};
      const client = new GoogleGenerativeAI(token).getGenerativeModel({
        model, tools: declared(rest.tools), ...(schema && { generationConfig: { responseMimeType: 'application/json', responseSchema } }),
      }, { baseUrl: url });
      const text = await converse(rest, async contents => {
        if (!stream) return partsOf((await client.generateContent({ contents })).response);
        const { stream: chunks, response } = await client.generateContentStream({ contents });
        for await (const chunk of chunks) void chunk;
        return partsOf(await response);
      });
      return told(text, schema);
    },
  },
];
