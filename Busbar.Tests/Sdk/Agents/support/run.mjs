import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway, token } from '../../support/gateway.mjs';
import { signature } from '../../support/model.mjs';
import { before } from './agents.mjs';

export const farewell = 'The colour is green now.';
export const thought = turn => `Step ${turn} needs a moment.`;

// Translation puts the name of a tool's group before its own.
const named = ({ call }, tools) => ({ call: { ...call, name: tools.find(({ name }) => name === call.name || name?.endsWith(`__${call.name}`))?.name ?? call.name } });

/**
 * Lets an agent work on `notes.txt` in an empty home until it ends by itself. The model thinks before each of the agent's `turns`, and bids farewell
 * after the last. `play` may put another answer in the place of that of a turn.
 */
export async function run(agent, provider, play = (turn, answer) => answer) {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-agent-'));
  const [home, work] = ['home', 'work'].map(name => (mkdirSync(join(folder, name)), join(folder, name)));
  const file = join(work, 'notes.txt');
  writeFileSync(file, before);
  const turns = agent.turns({ file });
  const asked = [];
  const gateway = await startGateway('token', (raw, heard) => {
    // Titles and summaries are asked for without tools.
    if (!heard.tools.length) return { blocks: [{ text: 'Green notes' }], stop: 'end' };
    const turn = heard.turns.reduce((sum, { results }) => sum + results.length, 0);
    asked.push({ turn, heard });
    // Agents tell answers and calls apart by their ids, so no two may have the same.
    const mark = String(asked.length);
    const thinking = { thinking: thought(turn), signature, mark };
    const answer = turns[turn] ? { blocks: [thinking, { ...named(turns[turn], heard.tools), mark }], stop: 'tools', mark } : { blocks: [thinking, { text: farewell, mark }], stop: 'end', mark };
    return play(turn, answer, asked.length);
  });
  try {
    const setting = { home, work, file, url: gateway.url, provider, token, prompt: 'Make the colour in notes.txt green.' };
    agent.prepare(setting);
    const child = spawn(agent.binary, agent.args(setting), {
      cwd: work, stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'dumb', CI: '1', NO_COLOR: '1', DO_NOT_TRACK: '1', HOME: home, TMPDIR: folder,
        XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.local/share'), XDG_CACHE_HOME: join(home, '.cache'), XDG_STATE_HOME: join(home, '.local/state'),
        ...agent.env(setting),
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { output += data; });
    const timer = setTimeout(() => child.kill('SIGKILL'), 180_000);
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    clearTimeout(timer);
    const read = name => { try { return readFileSync(join(work, name), 'utf8'); } catch { return null; } };
    return { code, output, asked, file: read('notes.txt'), proof: read('proof.txt'), requests: gateway.provider.requests, log: gateway.log() };
  } finally {
    gateway.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
