// The gateway of a small company: three pools, five lanes of which two are in trouble, teams with budgets, and traffic.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostile, startProvider } from './provider.mjs';

export const adminToken = 'an-admin-token-of-some-length';
export const readToken = 'a-token-that-only-reads';

/** A pool whose name looks like markup. */
export const oddPool = `pool ${hostile}`;

const card = (input, output) => ({ input, output });

export async function startGateway({ ownListener = true, odd = false } = {}) {
  const provider = await startProvider();
  const [port, adminPort] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'busbar-page-'));
  const file = join(folder, 'config.yaml');
  const vendor = (protocol, mood) => ({ protocol, base_url: `${provider.url}/${mood}`, allow_private_network: true, api_key_env: 'PROVIDER_KEY' });
  const config = {
    listen: `127.0.0.1:${port}`,
    governance: { enabled: true, admin_token: adminToken, admin_read_token: readToken, master_key_env: 'MASTER_KEY', db_path: join(folder, 'keys.db'), ...(ownListener && { admin_listen: `127.0.0.1:${adminPort}` }) },
    providers: {
      anthropic: vendor('anthropic', 'good'), openai: vendor('openai', 'good'), mistral: vendor('openai', 'flaky'), vllm: vendor('openai', 'dead'), ...(odd && { bent: vendor('openai', 'hostile'), strict: vendor('openai', 'wrong') }),
    },
    models: {
      'claude-sonnet-4-6': { provider: 'anthropic', max_concurrent: 50, rate_card: card(300, 1500) },
      'gpt-5.2': { provider: 'openai', max_concurrent: 50, rate_card: card(175, 1400) },
      'mistral-large': { provider: 'mistral', max_concurrent: 20, rate_card: card(200, 600) },
      'gpt-5-mini': { provider: 'openai', max_concurrent: 80, rate_card: card(25, 200) },
      'qwen-local': { provider: 'vllm', max_concurrent: 16, rate_card: card(0, 0) },
      ...(odd && { [hostile]: { provider: 'bent', max_concurrent: 4, rate_card: card(1, 1) }, 'strict-model': { provider: 'strict', max_concurrent: 4, rate_card: card(1, 1) } }),
    },
    pools: {
      smart: { members: [{ target: 'claude-sonnet-4-6', weight: 2 }, { target: 'gpt-5.2' }, { target: 'mistral-large', weight: 3 }], breaker: { base_cooldown_secs: 2 } },
      cheap: { members: [{ target: 'qwen-local' }, { target: 'gpt-5-mini' }] },
      batch: { members: [{ target: 'gpt-5-mini' }] },
      ...(odd && { [oddPool]: { members: [{ target: hostile }, { target: 'gpt-5-mini' }] } }),
    },
  };
  const write = () => writeFileSync(file, JSON.stringify(config, null, 1));
  write();
  const binary = process.env.BUSBAR ?? fileURLToPath(new URL('../../../busbar', import.meta.url));
  let log = '';
  const child = spawn(binary, ['--config', file], { env: { ...process.env, PROVIDER_KEY: 'a-provider-key', MASTER_KEY: '5f'.repeat(32) }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { log += data; });
  const url = `http://127.0.0.1:${port}`;
  const adminUrl = ownListener ? `http://127.0.0.1:${adminPort}` : url;
  const stop = () => { process.off('exit', stop); child.kill('SIGKILL'); provider.close(); rmSync(folder, { recursive: true, force: true }); };
  process.once('exit', stop);
  for (let tries = 0; !(await fetch(`${url}/livez`).catch(() => null))?.ok; tries++) {
    if (child.exitCode !== null || tries > 400) throw stop(), new Error(`the gateway did not start:\n${log}`);
    await setTimeout(25);
  }
  const admin = async (method, path, body) => {
    const answer = await fetch(`${adminUrl}/admin/${path}`, {
      method, headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const chat = async (secret, model, fields = {}) => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], ...fields }),
    });
    await answer.text();
    return answer.status;
  };
  return { url, adminUrl, config, write, admin, chat, stop, log: () => log };
}

/** Teams with keys; those of one are used up, those of another may use little. */
export async function populate({ admin }) {
  const company = await admin('POST', 'groups', { name: 'Acme', limits: [{ kind: 'budget', window: 'month', max_cents: 90_000 }] });
  const keys = {};
  for (const [team, budget, fields] of [
    ['payments', 9000, { allowed_pools: ['smart', 'cheap'], rpm_limit: 6000 }], ['search', 160, { allowed_pools: ['cheap', 'batch'] }], ['research', 400, {}],
  ]) {
    const group = await admin('POST', 'groups', { name: team, parent_id: company.id, limits: [{ kind: 'budget', window: 'day', max_cents: budget }] });
    keys[team] = await admin('POST', 'keys', { name: `${team}-service`, group_id: group.id, max_budget_cents: budget * 3, budget_period: 'monthly', labels: { env: 'prod' }, ...fields });
  }
  keys.intern = await admin('POST', 'keys', { name: 'intern', max_budget_cents: 3, budget_period: 'daily' });
  return keys;
}

/** Requests of all kinds, until `isOver`. */
export async function traffic({ chat }, keys, isOver, pause = 60) {
  const worker = async () => {
    while (!isOver()) {
      const dice = Math.random();
      if (dice < 0.5) await chat(keys.payments.secret, 'smart', { stream: dice < 0.25, stream_options: dice < 0.25 ? { include_usage: true } : undefined, top_k: 5, logit_bias: { 1: 1 } });
      else if (dice < 0.7) await chat(keys.search.secret, 'cheap', { stream: dice < 0.6 });
      else if (dice < 0.85) await chat(keys.research.secret, 'smart');
      else if (dice < 0.91) await chat(keys.search.secret, 'smart');
      else if (dice < 0.95) await chat(keys.intern.secret, 'smart', { max_tokens: 9000 });
      else if (dice < 0.97) await chat(keys.research.secret, 'no-such-model');
      else await chat(keys.research.secret, 'batch');
      await setTimeout(pause * Math.random() * 2);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
