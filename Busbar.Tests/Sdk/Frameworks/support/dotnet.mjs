// Microsoft.Extensions.AI and Semantic Kernel, in a program that answers a question a line.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../DotNet/bin/Frameworks.dll', import.meta.url));
if (!existsSync(program)) throw new Error('it has not been built');

const child = spawn('dotnet', [program], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
// Nothing that waits for more questions keeps the tests from ending.
child.unref();
for (const stream of [child.stdin, child.stdout]) stream.unref();

const names = { chat: ['Microsoft.Extensions.AI over chat', 'openai'], responses: ['Microsoft.Extensions.AI over responses', 'responses'], kernel: ['Semantic Kernel', 'openai'] };

export const dotnet = Object.entries(names).map(([client, [name, id]]) => ({
  name,
  id,
  async ask({ url, token, model, stream, prompt, tools, schema, image }) {
    child.stdin.write(`${JSON.stringify({ client, url, token, model, stream, prompt, tools: tools?.map(({ name: tool }) => tool), schema, image })}\n`);
    const { text, called, error } = JSON.parse((await lines.next()).value);
    assert.equal(error ?? null, null);
    // Semantic Kernel makes text of numbers.
    const plain = args => Object.fromEntries(Object.entries(args).map(([key, value]) => [key, client === 'kernel' && /^\d+$/.test(value) ? Number(value) : value]));
    for (const call of called) await tools.find(tool => tool.name === call.name).run(plain(call.args));
    return schema ? { object: JSON.parse(text) } : { text };
  },
}));
