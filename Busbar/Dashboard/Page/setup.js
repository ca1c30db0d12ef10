// What to set in each client, ready to be copied.

import { h } from './dom.js';
import { copyable, field, select } from './parts.js';

/** Clients by name: each makes its set-up of the gateway's address, a secret and the name of a pool. */
export const clients = {
  'Claude Code': (url, secret, pool) => `export ANTHROPIC_BASE_URL=${quoted(`${url}/${encodeURIComponent(pool)}`)}\nexport ANTHROPIC_AUTH_TOKEN=${quoted(secret)}\nunset ANTHROPIC_API_KEY\nclaude`,
  Codex: (url, secret, pool) => `# ~/.codex/config.toml\nmodel = ${JSON.stringify(pool)}\nmodel_provider = "busbar"\n\n[model_providers.busbar]\nname = "Busbar"\nbase_url = ${JSON.stringify(`${url}/v1`)}\nenv_key = "BUSBAR_TOKEN"\nwire_api = "responses"\n\n# then\nexport BUSBAR_TOKEN=${quoted(secret)}\ncodex`,
  'Gemini CLI': (url, secret, pool) => `export GOOGLE_GEMINI_BASE_URL=${quoted(`${url}/${encodeURIComponent(pool)}`)}\nexport GEMINI_API_KEY=${quoted(secret)}\n# ~/.gemini/settings.json: {"security":{"auth":{"selectedType":"gemini-api-key"}}}\ngemini`,
  opencode: (url, secret, pool) => `export BUSBAR_TOKEN=${quoted(secret)}\n# opencode.json\n${JSON.stringify({ provider: { busbar: { npm: '@ai-sdk/openai-compatible', name: 'Busbar', options: { baseURL: `${url}/v1`, apiKey: '{env:BUSBAR_TOKEN}' }, models: { [pool]: { name: pool } } } }, model: `busbar/${pool}` }, null, 2)}`,
  'Python: OpenAI': (url, secret, pool) => `from openai import OpenAI\n\nclient = OpenAI(base_url=${JSON.stringify(`${url}/v1`)}, api_key=${JSON.stringify(secret)})\nprint(client.chat.completions.create(model=${JSON.stringify(pool)}, messages=[{"role": "user", "content": "Hello"}]).choices[0].message.content)`,
  'Python: Anthropic': (url, secret, pool) => `from anthropic import Anthropic\n\nclient = Anthropic(base_url=${JSON.stringify(url)}, api_key=${JSON.stringify(secret)})\nprint(client.messages.create(model=${JSON.stringify(pool)}, max_tokens=200, messages=[{"role": "user", "content": "Hello"}]).content[0].text)`,
  'Python: Gemini': (url, secret, pool) => `from google import genai\n\nclient = genai.Client(api_key=${JSON.stringify(secret)}, http_options={"base_url": ${JSON.stringify(url)}})\nprint(client.models.generate_content(model=${JSON.stringify(pool)}, contents="Hello").text)`,
  'Python: Cohere': (url, secret, pool) => `import cohere\n\nclient = cohere.ClientV2(api_key=${JSON.stringify(secret)}, base_url=${JSON.stringify(url)})\nprint(client.chat(model=${JSON.stringify(pool)}, messages=[{"role": "user", "content": "Hello"}]).message.content[0].text)`,
  'JavaScript: OpenAI': (url, secret, pool) => `import OpenAI from 'openai';\n\nconst client = new OpenAI({ baseURL: ${JSON.stringify(`${url}/v1`)}, apiKey: ${JSON.stringify(secret)} });\nconst answer = await client.chat.completions.create({ model: ${JSON.stringify(pool)}, messages: [{ role: 'user', content: 'Hello' }] });\nconsole.log(answer.choices[0].message.content);`,
  'JavaScript: Vercel AI SDK': (url, secret, pool) => `import { generateText } from 'ai';\nimport { createOpenAICompatible } from '@ai-sdk/openai-compatible';\n\nconst busbar = createOpenAICompatible({ name: 'busbar', baseURL: ${JSON.stringify(`${url}/v1`)}, apiKey: ${JSON.stringify(secret)} });\nconsole.log((await generateText({ model: busbar(${JSON.stringify(pool)}), prompt: 'Hello' })).text);`,
  'C#: OpenAI': (url, secret, pool) => `using OpenAI;\nusing OpenAI.Chat;\n\nvar client = new ChatClient(${JSON.stringify(pool)}, new System.ClientModel.ApiKeyCredential(${JSON.stringify(secret)}), new OpenAIClientOptions { Endpoint = new Uri(${JSON.stringify(`${url}/v1`)}) });\nConsole.WriteLine(client.CompleteChat("Hello").Value.Content[0].Text);`,
  curl: (url, secret, pool) => `curl ${quoted(`${url}/v1/chat/completions`)} -H ${quoted(`Authorization: Bearer ${secret}`)} -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify({ model: pool, messages: [{ role: 'user', content: 'Hello' }] }))}`,
};

const signing = (url, access, pool) => `import boto3\n\nclient = boto3.client(\n    "bedrock-runtime", region_name="us-east-1", endpoint_url=${JSON.stringify(url)},\n    aws_access_key_id=${JSON.stringify(access.access_key_id)}, aws_secret_access_key=${JSON.stringify(access.secret_access_key)})\nprint(client.converse(modelId=${JSON.stringify(pool)}, messages=[{"role": "user", "content": [{"text": "Hello"}]}])["output"]["message"]["content"][0]["text"])`;

// As a shell reads it literally.
const quoted = text => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const chosen = { client: 'Claude Code', url: '', pool: '' };

/** The set-up for a secret, or for an access-key pair; to be drawn again by `update`. */
export function setup({ secret, access, url, pools, update }) {
  chosen.url ||= url;
  if (!pools.includes(chosen.pool)) chosen.pool = pools[0] ?? 'MODEL';
  const text = access ? signing(chosen.url, access, chosen.pool) : clients[chosen.client](chosen.url, secret, chosen.pool);
  return h('section', { class: 'setup', 'aria-label': 'Set-up of clients' },
    h('h3', {}, 'Set up a client'),
    h('div', { class: 'fields' },
      access ? null : field('Client', select(Object.keys(clients).map(name => [name]), { chosen: chosen.client, onchange: event => { chosen.client = event.target.value; update(); } })),
      field('Pool or model', select(pools.map(name => [name]), { chosen: chosen.pool, onchange: event => { chosen.pool = event.target.value; update(); } })),
      field('Address of the gateway', h('input', { type: 'url', value: chosen.url, oninput: event => { chosen.url = event.target.value.replace(/\/+$/, ''); update(); } }))),
    copyable(text, access ? 'set-up of boto3' : `set-up of ${chosen.client}`));
}
