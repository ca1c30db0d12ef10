// What the SDKs' requests cost their keys is what the provider reported, whichever protocols lie between.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients, hold } from './support/clients.mjs';
import { fee, prices, startGateway, until } from './support/gateway.mjs';
import { embedded, text, textOf, usage } from './support/model.mjs';
import { protocols } from './support/provider.mjs';

const microCents = 1_000_000;
const priced = ({ input = 0, cached = 0, output = 0 }) => fee * microCents + input * prices.input + cached * prices.cache_read + output * prices.output;

describe('usage of virtual keys', { concurrency: false }, () => {
  let gateway;
  before(async () => { gateway = await startGateway('keys'); });
  after(() => gateway?.stop());

  /** Asserts what a key has been charged for one request to `model`. */
  async function assertCharged({ id }, model, { input = 0, cached = 0, output = 0, estimated = 0 }) {
    const { tokens, requests, spend_cents, spend_micro_cents } = await gateway.settled(id);
    const spend = priced({ input, cached, output });
    assert.deepEqual({ tokens, requests, spend_cents, spend_micro_cents }, { tokens: input + cached + output, requests: 1, spend_cents: fee, spend_micro_cents: spend });
    const { usage: [row, ...rest] } = await gateway.admin('GET', `usage?key=${id}&group_by=model`);
    const expected = {
      model, requests: 1, estimated_requests: estimated, unpriced_requests: 0, spend_cents: fee, spend_micro_cents: spend, spend_nano_dollars: 10 * spend,
      input_tokens: input, cache_read_tokens: cached, cache_write_tokens: 0, cache_write_1h_tokens: 0, output_tokens: output, reasoning_tokens: 0,
      audio_input_tokens: 0, audio_output_tokens: 0, image_output_tokens: 0,
    };
    assert.deepEqual([row, rest], [expected, []]);
  }

  for (const client of clients) {
    describe(client.name, { concurrency: false }, () => {
      const opened = [];
      after(() => opened.forEach(each => each.close()));
      const start = async () => {
        const key = await gateway.mint();
        opened.push(client.open(gateway.url, key.secret));
        return { key, sdk: opened.at(-1) };
      };

      for (const provider of protocols) {
        const run = (name, body) => test(`${name}, ${provider.id} provider`, { timeout: 20_000 }, body);
        for (const stream of [false, true]) {
          run(`${stream ? 'a stream' : 'an answer'} is charged as the provider reported it`, async () => {
            const { key, sdk } = await start();
            assert.equal(await sdk.ask({ model: provider.id, stream }), text);
            await assertCharged(key, provider.id, { input: usage.fresh, cached: usage.cached, output: usage.output });
          });
        }

        run('a client that leaves in the middle of a stream is charged what it has seen', async () => {
          const { key, sdk } = await start();
          const leave = await hold(sdk, { model: provider.id });
          const length = Number(gateway.provider.last(provider.id).headers['content-length']);
          assert.equal(await gateway.figure('busbar_reservations_open'), 1);
          await leave();
          const seen = Math.ceil(Buffer.byteLength(textOf('hold')) / 4);
          const known = {
            // Reported at the beginning but for the output.
            anthropic: { input: usage.fresh, cached: usage.cached, output: seen, estimated: 1 },
            // Reported with each piece.
            gemini: { input: usage.fresh, cached: usage.cached, output: usage.output },
          }[provider.id];
          if (known) {
            await assertCharged(key, provider.id, known);
          } else {
            const { tokens } = await gateway.settled(key.id);
            assert.ok(tokens > seen && tokens < 200, `${tokens} tokens, ${length} bytes`);
            await assertCharged(key, provider.id, { input: tokens - seen, output: seen, estimated: 1 });
          }
          await until(() => gateway.figure('busbar_reservations_open'), open => open === 0);
        });
      }

      test('embeddings are charged as the provider reported them', { timeout: 20_000 }, async () => {
        const { key, sdk } = await start();
        if (!sdk.embed) return;
        await sdk.embed(client.id);
        await assertCharged(key, client.id, { input: embedded });
      });

      test('a token count costs nothing', { timeout: 20_000 }, async () => {
        const { key, sdk } = await start();
        if (!sdk.count) return;
        await sdk.count(client.id);
        const { tokens, requests, spend_micro_cents } = await gateway.settled(key.id);
        assert.deepEqual({ tokens, requests, spend_micro_cents }, { tokens: 0, requests: 0, spend_micro_cents: 0 });
      });
    });
  }

  test('nothing is held once all is done', async () => {
    await until(() => gateway.figure('busbar_reservations_open'), open => open === 0);
    assert.equal(await gateway.figure('busbar_reserved_cents'), 0);
    assert.equal(await gateway.figure('busbar_lane_inflight'), 0);
    assert.equal(await gateway.figure('busbar_billing_truncated_total'), 0);
  });
});
