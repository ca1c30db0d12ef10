// LangChain.js, where the caller runs the tools and goes on with their messages.
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { ChatOpenAI } from '@langchain/openai';

const models = {
  ChatOpenAI: ['openai', ({ url, token, model }) => new ChatOpenAI({ model, apiKey: token, maxRetries: 0, configuration: { baseURL: `${url}/v1` } })],
  'ChatOpenAI (responses)': ['responses', ({ url, token, model }) => new ChatOpenAI({ model, apiKey: token, maxRetries: 0, useResponsesApi: true, configuration: { baseURL: `${url}/v1` } })],
  ChatAnthropic: ['anthropic', ({ url, token, model }) => new ChatAnthropic({ model, apiKey: token, maxRetries: 0, anthropicApiUrl: url })],
  ChatGoogleGenerativeAI: ['gemini', ({ url, token, model }) => new ChatGoogleGenerativeAI({ model, apiKey: token, maxRetries: 0, baseUrl: url })],
};

export const langChain = Object.entries(models).map(([name, [id, open]]) => ({
  name: `LangChain.js ${name}`,
  id,
  async ask({ stream, prompt, tools, schema, image, ...where }) {
    const model = open(where);
    if (schema) return { object: await model.withStructuredOutput(schema, { name: 'answer', method: 'jsonSchema' }).invoke(prompt) };

    const bound = tools ? model.bindTools(tools.map(({ name, description, schema: parameters }) => ({ type: 'function', function: { name, description, parameters } }))) : model;
    const messages = [new HumanMessage(image ? { content: [{ type: 'text', text: prompt }, { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } }] } : prompt)];
    for (;;) {
      const answer = stream ? await gathered(await bound.stream(messages)) : await bound.invoke(messages);
      if (!answer.tool_calls?.length) return { text: answer.text };
      messages.push(answer);
      for (const call of answer.tool_calls) messages.push(new ToolMessage({ tool_call_id: call.id, name: call.name, content: await tools.find(({ name }) => name === call.name).run(call.args) }));
    }
  },
}));

async function gathered(chunks) {
  let whole;
  for await (const chunk of chunks) whole = whole ? whole.concat(chunk) : chunk;
  return whole;
}
