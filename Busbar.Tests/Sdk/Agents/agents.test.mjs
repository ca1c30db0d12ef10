// Whole agents, each in a home of its own, at work through the binary on providers of every protocol.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signature } from '../support/model.mjs';
import { after, agents } from './support/agents.mjs';
import { farewell, run } from './support/run.mjs';

describe('agents', { concurrency: 2 }, () => {
  for (const agent of agents) {
    for (const provider of agent.providers) {
      const skip = agent.isInstalled ? false : `${agent.name} is not installed`;
      test(`${agent.name} edits a file and runs a command, thinking before each step, ${provider} provider`, { skip, timeout: 200_000 }, async () => {
        const { code, output, asked, file, proof } = await run(agent, provider);
        const told = output.slice(-4000);
        assert.deepEqual([code, file, proof], [0, after, 'ran\n'], told);
        assert.ok(output.includes(farewell), told);
        assert.deepEqual(asked.map(({ turn }) => turn), [...asked.keys()], 'every step is asked for once');

        const { heard } = asked.at(-1);
        assert.equal(heard.thinks, true);
        assert.ok(heard.turns.some(({ results }) => results.some(({ text }) => text.includes(after.trim()))), 'what the command printed reaches the model');
        const kept = heard.turns.flatMap(({ thinking }) => thinking).map(part => part.signature);
        if (agent.keeps.includes(provider)) assert.deepEqual(kept, Array(asked.length - 1).fill(signature));
      });
    }
  }

  // A provider that is not of the agent's protocol, so that the words are the gateway's.
  for (const agent of agents.filter(({ name }) => !/gpt-6|openai-compatible/.test(name))) {
    const provider = agent.name === 'Gemini CLI' ? 'openai' : 'gemini';
    const skip = agent.isInstalled ? false : `${agent.name} is not installed`;
    test(`${agent.name} tries again when a stream breaks off, ${provider} provider`, { skip, timeout: 200_000 }, async () => {
      const broken = mark => ({ blocks: [{ text: 'Half of', mark }], stop: 'cut', mark });
      const { code, output, asked, file } = await run(agent, provider, (turn, answer, count) => count === 2 ? broken(answer.mark) : answer);
      assert.deepEqual([code, file], [0, after], output.slice(-4000));
      assert.ok(output.includes(farewell));
      assert.deepEqual(asked.map(({ turn }) => turn).slice(0, 3), [0, 1, 1]);
    });
  }
});
