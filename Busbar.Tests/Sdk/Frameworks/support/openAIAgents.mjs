// The OpenAI Agents SDK, which runs the tools itself.
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';

setTracingDisabled(true);

const models = { responses: OpenAIResponsesModel, openai: OpenAIChatCompletionsModel };

export const openAIAgents = Object.entries(models).map(([id, Model]) => ({
  name: `OpenAI Agents SDK with ${Model.name}`,
  id,
  async ask({ url, token, model, stream, prompt, tools = [], schema, image }) {
    const agent = new Agent({
      name: 'A', model: new Model(new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 }), model),
      tools: tools.map(({ name, description, schema: parameters, run }) => tool({ name, description, parameters: { ...parameters, additionalProperties: true }, strict: false, execute: run })),
      ...(schema && { outputType: { type: 'json_schema', name: 'answer', strict: true, schema } }),
    });
    const input = image
      ? [{ role: 'user', content: [{ type: 'input_text', text: prompt }, { type: 'input_image', image: `data:image/png;base64,${image}` }] }]
      : prompt;
    const result = await new Runner().run(agent, input, { stream, maxTurns: 3 });
    if (stream) {
      for await (const event of result) void event;
      await result.completed;
    }
    return schema ? { object: result.finalOutput } : { text: result.finalOutput };
  },
}));
