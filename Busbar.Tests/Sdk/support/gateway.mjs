import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { protocols, startProvider } from './provider.mjs';
import { send } from './raw.mjs';

export const token = 'a-client-token';
export const providerKey = 'a-provider-key';
export const failures = [400, 401, 429, 500, 529];

/** Opens the admin API of a gateway with governance. */
export const adminToken = 'an-admin-token-of-some-length';
const masterKey = '5f'.repeat(32);

/** Prices of every model, in cents for a million tokens, which is micro-cents for one; and what a request costs besides, in cents. */
export const prices = { input: 300, output: 1500, cache_read: 30 };
export const fee = 2;

/**
 * The binary in front of a simulated provider. There is one model per protocol, called like the protocol, and one for each failure
 * (`openai-429`), since failures take a model out of rotation. `mode` is `token`, where the token is `token`; `passthrough`; or `keys`, where
 * `mint` makes virtual keys. `play` is what the model answers, as in `startProvider`. `credential` is what providers have in place of a key.
 */
export async function startGateway(mode = 'token', play = undefined, credential = { api_key_env: 'PROVIDER_KEY' }) {
  const provider = await startProvider(play);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'busbar-sdk-'));
  const file = join(folder, 'config.yaml');
  const governance = {
    enabled: true, admin_token: adminToken, db_path: join(folder, 'keys.db'), master_key_env: 'MASTER_KEY', price_per_request_cents: fee,
  };
  writeFileSync(file, JSON.stringify({
    listen: `127.0.0.1:${port}`,
    ...(mode === 'keys' ? { governance } : { auth: mode === 'passthrough' ? { mode } : { mode, client_tokens: [token] } }),
    providers: Object.fromEntries(protocols.map(({ id }) => [id, { protocol: id, base_url: provider.url, allow_private_network: true, ...credential }])),
    models: Object.fromEntries(protocols.flatMap(({ id, model }) => [id, ...failures.map(status => `${id}-${status}`)]
      .map(name => [name, { provider: id, max_concurrent: 8, upstream_model: model, ...(mode === 'keys' && { rate_card: prices }) }]))),
    ...(mode === 'keys' && { pools: {
      smart: { members: protocols.map(({ id }) => ({ target: id })) },
      ...Object.fromEntries(awkwardNames.map(name => [name, { members: [{ target: 'bedrock' }] }])),
    } }),
  }));
  const binary = process.env.BUSBAR ?? fileURLToPath(new URL('../../../busbar', import.meta.url));
  let log = '';
  const child = spawn(binary, ['--config', file], { env: { ...process.env, PROVIDER_KEY: providerKey, MASTER_KEY: masterKey }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { log += data; });
  const url = `http://127.0.0.1:${port}`;
  const stop = () => { process.off('exit', stop); child.kill('SIGKILL'); provider.close(); rmSync(folder, { recursive: true, force: true }); };
  process.once('exit', stop);
  for (let tries = 0; !await isUp(url); tries++) {
    if (child.exitCode !== null || tries > 200) throw stop(), new Error(`the gateway did not start:\n${log}`);
    await setTimeout(25);
  }
  return { url, provider, stop, log: () => log, ...operator(url) };
}

// Names as Bedrock has them, which do not survive in a path as they are.
export const awkwardNames = ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude~1'];

/** What an operator does. */
function operator(url) {
  const admin = async (method, path, body) => {
    const { status, json, text } = await send(`${url}/admin/${path}`, { method, headers: { authorization: `Bearer ${adminToken}` }, body });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return json;
  };
  const mint = (fields = {}) => admin('POST', 'keys', { name: 'a test', ...fields });
  return {
    admin, mint,

    /** A key's usage once none of its requests is under way. */
    async settled(id) {
      return until(() => admin('GET', `keys/${id}/usage`), usage => usage.requests_under_way === 0);
    },

    /** A figure of the metrics page, summed over its labels of which `labels` is a part; 0 for one whose labels were never seen. */
    async figure(name, labels = '') {
      const { text } = await send(`${url}/metrics`, { method: 'GET', headers: { 'x-admin-token': adminToken } });
      const lines = text.split('\n').filter(line => line.startsWith(name) && ' {'.includes(line[name.length]) && line.includes(labels));
      if (!lines.length && !text.includes(`# TYPE ${name} `)) throw new Error(`no figure ${name}: ${text}`);
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
  };
}

/** The first value of `read` that is `right`, which it must become within seconds. */
export async function until(read, right) {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (right(value)) return value;
    if (tries > 500) throw new Error(`it stays ${JSON.stringify(value)}`);
    await setTimeout(10);
  }
}

const isUp = async url => (await fetch(`${url}/healthz`).catch(() => null))?.ok;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}
