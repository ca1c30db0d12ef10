import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dialects, startProvider } from './provider.mjs';

export const token = 'a-client-token';
export const providerKey = 'a-provider-key';
export const failures = [400, 401, 429, 500, 529];

/**
 * The binary in front of a simulated provider. There is one model per dialect, called like the dialect, and one for each failure
 * (`openai-429`), since failures take a model out of rotation.
 */
export async function startGateway() {
  const provider = await startProvider();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'busbar-sdk-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify({
    listen: `127.0.0.1:${port}`,
    auth: { mode: 'token', client_tokens: [token] },
    providers: Object.fromEntries(dialects.map(({ id }) => [id, { protocol: id, base_url: provider.url, allow_private_network: true, api_key_env: 'PROVIDER_KEY' }])),
    models: Object.fromEntries(dialects.flatMap(({ id, model }) => [id, ...failures.map(status => `${id}-${status}`)]
      .map(name => [name, { provider: id, max_concurrent: 8, upstream_model: model }]))),
  }));
  const binary = process.env.BUSBAR ?? fileURLToPath(new URL('../../../busbar', import.meta.url));
  let log = '';
  const child = spawn(binary, ['--config', file], { env: { ...process.env, PROVIDER_KEY: providerKey }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { log += data; });
  const url = `http://127.0.0.1:${port}`;
  const stop = () => { child.kill('SIGKILL'); provider.close(); rmSync(folder, { recursive: true, force: true }); };
  process.once('exit', stop);
  for (let tries = 0; !await isUp(url); tries++) {
    if (child.exitCode !== null || tries > 200) throw stop(), new Error(`the gateway did not start:\n${log}`);
    await setTimeout(25);
  }
  return { url, provider, stop, log: () => log };
}

const isUp = async url => (await fetch(`${url}/healthz`).catch(() => null))?.ok;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}
