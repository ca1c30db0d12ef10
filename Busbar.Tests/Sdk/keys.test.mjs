// The SDKs with virtual keys: what is allowed works, and each refusal is the SDK's own.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callsOf, clients, hold } from './support/clients.mjs';
import { assertClean, describeError, failed } from './support/errors.mjs';
import { fee, startGateway, until } from './support/gateway.mjs';
import { counted, text, vector } from './support/model.mjs';

// Half a minute of requests a minute may be over; a limit of one then lets one more pass, but not two.
async function refusal(work) {
  for (let tries = 0; ; tries++) {
    const outcome = await work();
    if (outcome.error || tries === 2) return outcome;
  }
}

describe('virtual keys', { concurrency: false }, () => {
  let gateway, expired;
  before(async () => {
    gateway = await startGateway('keys');
    expired = await gateway.mint({ expires_at: Math.floor(Date.now() / 1000) + 2 });
  });
  after(() => gateway?.stop());

  for (const client of clients) {
    describe(client.name, { concurrency: false }, () => {
      const opened = [];
      after(() => opened.forEach(each => each.close()));
      const open = (secret, retries) => (opened.push(client.open(gateway.url, secret, retries)), opened.at(-1));
      const run = (name, body) => test(name, { timeout: 20_000 }, body);

      /** What the client can do, each by itself. */
      const deeds = (sdk, model = client.id) => [
        () => sdk.ask({ model }), () => sdk.ask({ model, stream: true }), ...(sdk.count ? [() => sdk.count(model)] : []), ...(sdk.embed ? [() => sdk.embed(model)] : []),
      ];

      /** Does everything, with a new key for each deed, and asserts that each fails by one call in the same native way. */
      async function assertRefused(kind, keyOf, { model, spend, headers } = {}) {
        const messages = new Set();
        for (let index = 0; index < deeds(open('none')).length; index++) {
          const { id, secret } = await keyOf();
          const sdk = open(secret);
          if (spend) await sdk.ask().then(() => gateway.settled(id));
          const { error, calls } = await refusal(() => callsOf(sdk, deeds(sdk, model)[index]));
          assert.ok(error, `deed ${index} was done`);
          client.refused(error, kind);
          assertClean(error);
          assert.equal(calls.length, 1);
          headers?.(calls[0].headers);
          messages.add(error.message.replace(/req_\w+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'id'));
        }
        assert.equal(messages.size, 1, [...messages].join('\n'));
        return [...messages][0];
      }

      const retriesLater = headers => {
        const seconds = Number(headers['retry-after']);
        assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, headers['retry-after']);
        assert.equal(headers['x-should-retry'], undefined);
      };
      const neverRetries = headers => {
        assert.equal(headers['retry-after'], undefined);
        assert.equal(headers['x-should-retry'], 'false');
      };

      run('a key does what a token does', async () => {
        const sdk = open((await gateway.mint()).secret);
        assert.equal(await sdk.ask(), text);
        assert.equal(await sdk.ask({ stream: true }), text);
        if (sdk.count) assert.equal(await sdk.count(client.id), counted);
        if (sdk.embed) assert.deepEqual(await sdk.embed(client.id), vector);
        const flat = JSON.stringify(gateway.provider.requests.slice(-4));
        assert.ok(!flat.includes('sk-bb-'), 'the key reached the provider');
      });

      run('a wrong key, a disabled one and an expired one are refused alike', async () => {
        const wrong = await assertRefused('credential', () => ({ secret: `sk-bb-${'0'.repeat(64)}` }));
        const disabled = await assertRefused('credential', async () => {
          const key = await gateway.mint();
          await gateway.admin('PATCH', `keys/${key.id}`, { enabled: false });
          return key;
        });
        await until(() => Date.now() / 1000, now => now >= expired.expires_at);
        assert.deepEqual([disabled, await assertRefused('credential', () => expired)], [wrong, wrong]);
      });

      run('a connection that has served a key serves it no longer once it is disabled', async () => {
        const { id, secret } = await gateway.mint();
        const sdk = open(secret);
        await sdk.ask();
        await gateway.admin('PATCH', `keys/${id}`, { enabled: false });
        client.refused(await failed(sdk.ask()), 'credential');
        await gateway.admin('PATCH', `keys/${id}`, { enabled: true });
        assert.equal(await sdk.ask(), text);
      });

      run('what is not on the key\'s list is forbidden, whether it exists or not', async () => {
        const keyOf = () => gateway.mint({ allowed_pools: ['smart'] });
        const known = await assertRefused('access', keyOf);
        assert.equal(await assertRefused('access', keyOf, { model: 'no-such-model' }), known);
        const sdk = open((await keyOf()).secret);
        assert.equal(await sdk.ask({ model: 'smart' }), text);
        assert.equal(await sdk.ask({ model: 'smart', stream: true }), text);
        client.refused(await failed(open((await gateway.mint({ allowed_pools: [client.id] })).secret).ask({ model: 'smart' })), 'access');
      });

      run('one request a minute is a rate limit from the second on', () =>
        assertRefused('rate', () => gateway.mint({ rpm_limit: 1 }), { spend: true, headers: retriesLater }));

      run('tokens a minute are a rate limit once they are used up', async () => {
        const sdk = open((await gateway.mint({ tpm_limit: 20 })).secret);
        await sdk.ask();
        for (const stream of [false, true]) {
          const { error, calls } = await refusal(() => callsOf(sdk, () => sdk.ask({ stream })));
          client.refused(error, 'rate');
          assertClean(error);
          assert.equal(calls.length, 1);
          retriesLater(calls[0].headers);
        }
      });

      run('a second request at the same time is a rate limit for a moment, and goes through when the SDK tries again', async () => {
        const { id, secret } = await gateway.mint({ max_concurrent: 1 });
        const rejections = () => gateway.figure('busbar_limit_rejections_total', 'kind="concurrency"');
        const rejected = await rejections();
        const leave = await hold(open(secret));
        const hasty = await callsOf(open(secret), sdk => sdk.ask());
        client.refused(hasty.error, 'rate');
        assert.deepEqual(hasty.calls.map(({ headers }) => headers['retry-after']), ['1']);
        const patient = callsOf(open(secret, 1), sdk => sdk.ask());
        await until(rejections, figure => figure === rejected + 2);
        await leave();
        await gateway.settled(id);
        const { value, error, calls } = await patient;
        assert.equal(value, text, error && describeError(error));
        assert.deepEqual(calls.map(({ status }) => status), [429, 200]);
      });

      run('one request after the other is never two at the same time', async () => {
        const sdk = open((await gateway.mint({ max_concurrent: 1 })).secret);
        for (let index = 0; index < 10; index++) assert.equal(await sdk.ask(), text);
      });

      run('a budget that others hold is a rate limit for a moment', async () => {
        const { secret } = await gateway.mint({ max_budget_cents: fee + 1 });
        const leave = await hold(open(secret));
        const { error, calls } = await callsOf(open(secret), sdk => sdk.ask());
        await leave();
        client.refused(error, 'rate');
        assert.deepEqual(calls.map(({ headers }) => [headers['retry-after'], headers['x-should-retry']]), [['1', undefined]]);
      });

      run('a spent budget is a quota, and the SDK does not try again where it can be told so', async () => {
        const whole = fee + 1;
        await assertRefused('quota', () => gateway.mint({ max_budget_cents: whole }), { spend: true, headers: neverRetries });
        await assertRefused('quota', () => gateway.mint({ max_budget_cents: 0 }), { headers: neverRetries });
        if (!client.obeys) return;
        const { error, calls } = await callsOf(open((await gateway.mint({ max_budget_cents: 0 })).secret, 2), sdk => sdk.ask());
        client.refused(error, 'quota');
        assert.equal(calls.length, 1);
      });
    });
  }
});
