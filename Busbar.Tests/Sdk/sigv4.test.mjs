// The AWS SDK as it is used everywhere else: with an access key and a secret, by which it signs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AccessDeniedException } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { callsOf, openBedrock } from './support/clients.mjs';
import { assertClean, describeError } from './support/errors.mjs';
import { awkwardNames, providerKey, startGateway } from './support/gateway.mjs';
import { counted, text, usage } from './support/model.mjs';

const prompt = 'Say #text';
const sixMinutes = 6 * 60_000;

for (const wire of ['HTTP/2', 'HTTP/1.1']) {
  describe(`@aws-sdk/client-bedrock-runtime signs over ${wire}`, { concurrency: false }, () => {
    const opened = [];
    let gateway, key, credentials;
    before(async () => {
      gateway = await startGateway('keys');
      key = await gateway.mint();
      credentials = await attach(key);
    });
    after(() => { opened.forEach(each => each.close()); gateway?.stop(); });

    const attach = async ({ id }) => {
      const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = await gateway.admin('PUT', `keys/${id}/access-key`);
      return { accessKeyId, secretAccessKey };
    };

    /** A client; `tamper` may change its requests between signing and sending. */
    function open(config, tamper) {
      const client = openBedrock({ endpoint: gateway.url, maxAttempts: 1, credentials, ...(wire === 'HTTP/1.1' && { requestHandler: new NodeHttpHandler() }), ...config });
      if (tamper) client.sdk.middlewareStack.add(next => args => (tamper(args.request), next(args)), { step: 'deserialize', priority: 'low' });
      opened.push(client);
      return client;
    }

    const ask = (client, request) => client.ask({ model: 'bedrock', prompt, limit: 64, ...request });
    const run = (name, body) => test(name, { timeout: 20_000 }, body);

    async function assertRefused(client, work = ask) {
      const { error, calls } = await callsOf(client, work);
      assert.ok(error instanceof AccessDeniedException, error ? describeError(error) : 'it was answered');
      assert.deepEqual(calls.map(({ status }) => status), [403]);
      assert.equal(error.$response.headers['x-amzn-errortype'], 'AccessDeniedException');
      assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
      assertClean(error);
      return error.message;
    }

    for (const sessionToken of [undefined, 'FwoGZXIvYXdzEBYaDH//example+token==']) {
      run(`a conversation, a stream and a count are signed and answered, ${sessionToken ? 'with' : 'without'} a session token`, async () => {
        const client = open({ credentials: { ...credentials, sessionToken } });
        const { value, calls: [{ request }] } = await callsOf(client, ask);
        assert.equal(value, text);
        assert.match(request.headers.authorization, /^AWS4-HMAC-SHA256 Credential=/);
        assert.equal(request.headers['x-amz-security-token'], sessionToken);
        assert.equal(await ask(client, { stream: true }), text);
        const { headers } = gateway.provider.last('bedrock');
        assert.equal(await client.count('bedrock'), counted);
        const flat = JSON.stringify(headers);
        assert.ok(flat.includes(providerKey), flat);
        for (const secret of [credentials.accessKeyId, credentials.secretAccessKey, 'FwoGZXIvYXdz']) assert.ok(!flat.includes(secret), flat);
      });
    }

    for (const name of awkwardNames) {
      run(`the name ${name} survives in the path that is signed`, async () => {
        const client = open();
        const { value, calls: [{ request }] } = await callsOf(client, () => ask(client, { model: name }));
        assert.equal(value, text);
        assert.ok(request.path.includes('%3A'), request.path);
        assert.equal(await ask(client, { model: name, stream: true }), text);
      });
    }

    run('a path with a name in front is signed as a whole', async () => {
      assert.equal(await ask(open({ endpoint: `${gateway.url}/bedrock` }), { model: 'no-such-model' }), text);
    });

    run('a header that is not signed does no harm', async () => {
      const client = open({}, ({ headers }) => { headers['x-added-by-a-proxy'] = 'yes'; });
      assert.equal(await ask(client), text);
    });

    run('what is signed is charged to the key', async () => {
      const mine = await gateway.mint();
      const client = open({ credentials: await attach(mine) });
      await ask(client);
      await ask(client, { stream: true });
      const { tokens, requests } = await gateway.settled(mine.id);
      assert.deepEqual([tokens, requests], [2 * (usage.fresh + usage.cached + usage.output), 2]);
    });

    run('limits and lists hold for signers, too', async () => {
      const listed = open({ credentials: await attach(await gateway.mint({ allowed_pools: ['bedrock'] })) });
      assert.equal(await ask(listed), text);
      await assertRefused(listed, () => ask(listed, { model: 'openai' }));
      const poor = open({ credentials: await attach(await gateway.mint({ max_budget_cents: 0 })), maxAttempts: 3 });
      const { error, calls } = await callsOf(poor, ask);
      assert.equal(error.name, 'ServiceQuotaExceededException');
      assert.deepEqual(calls.map(({ status }) => status), [400]);
    });

    run('whatever is wrong with a signature gets one and the same answer', async () => {
      const disabled = await gateway.mint();
      const ofDisabled = await attach(disabled);
      await gateway.admin('PATCH', `keys/${disabled.id}`, { enabled: false });
      const replaced = await gateway.mint();
      const former = await attach(replaced);
      await attach(replaced);
      const detached = await gateway.mint();
      const ofDetached = await attach(detached);
      await gateway.admin('DELETE', `keys/${detached.id}/access-key`);
      const signed = { sessionToken: 'a-session', ...credentials };
      const wrongs = {
        'the secret is wrong': open({ credentials: { ...credentials, secretAccessKey: 'x'.repeat(40) } }),
        'the secret is another key\'s': open({ credentials: { ...credentials, secretAccessKey: former.secretAccessKey } }),
        'the secret is the key\'s own': open({ credentials: { ...credentials, secretAccessKey: key.secret } }),
        'nobody has the id': open({ credentials: { ...credentials, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } }),
        'the id is the key\'s own': open({ credentials: { ...credentials, accessKeyId: key.id } }),
        'the key is disabled': open({ credentials: ofDisabled }),
        'the pair was replaced': open({ credentials: former }),
        'the pair was taken away': open({ credentials: ofDetached }),
        'the body was changed': open({}, request => { request.body = Buffer.from(request.body).toString().replace('#text', '#long'); }),
        'the path was changed': open({}, request => { request.path = request.path.replace('bedrock', 'openai1'); }),
        'the session token was changed': open({ credentials: signed }, ({ headers }) => { headers['x-amz-security-token'] = 'another'; }),
        'the session token was taken away': open({ credentials: signed }, ({ headers }) => { delete headers['x-amz-security-token']; }),
        'the hash of the body was taken away from another': open({}, ({ headers }) => { headers['x-amz-content-sha256'] = '0'.repeat(64); }),
        'the date was moved': open({}, ({ headers }) => { headers['x-amz-date'] = headers['x-amz-date'].replace(/\d\dZ$/, second => `${(Number(second.slice(0, 2)) + 1) % 60}`.padStart(2, '0') + 'Z'); }),
        'there is no date': open({}, ({ headers }) => { delete headers['x-amz-date']; }),
        'it was signed long ago': open({ systemClockOffset: -sixMinutes }),
        'it was signed in the future': open({ systemClockOffset: sixMinutes }),
      };
      const reached = gateway.provider.requests.length;
      const answers = {};
      for (const [wrong, client] of Object.entries(wrongs)) answers[wrong] = await assertRefused(client).catch(error => assert.fail(`${wrong}: ${error.message}`));
      assert.equal(new Set(Object.values(answers)).size, 1, JSON.stringify(answers));
      assert.equal(gateway.provider.requests.length, reached);
      for (const secret of [credentials.secretAccessKey, former.secretAccessKey, key.secret, 'a-session']) assert.ok(!gateway.log().includes(secret));
    });

    run('a clock that is a little off is no reason to refuse', async () => {
      for (const systemClockOffset of [-4 * 60_000, 4 * 60_000]) assert.equal(await ask(open({ systemClockOffset })), text);
    });

    test('a clock that is far off is set right by the SDK, from the refusal', { timeout: 20_000 }, async t => {
      const { now } = Date;
      for (const skew of [-60 * sixMinutes, sixMinutes]) {
        const clock = t.mock.method(Date, 'now', () => now() + skew);
        const client = open({ maxAttempts: 2 });
        const { value, error, calls } = await callsOf(client, ask);
        assert.equal(value, text, error && describeError(error));
        assert.deepEqual(calls.map(({ status }) => status), [403, 200]);
        assert.equal(await ask(client, { stream: true }), text);
        clock.mock.restore();
      }
    });

    run('a bearer token is taken from the environment, from a value and from a provider', async () => {
      const bearer = { credentials: undefined, authSchemePreference: ['httpBearerAuth'] };
      process.env.AWS_BEARER_TOKEN_BEDROCK = key.secret;
      try {
        for (const config of [{ credentials: undefined }, { ...bearer, token: { token: key.secret } }, { ...bearer, token: async () => ({ token: key.secret }) }]) {
          const client = open(config);
          const { value, calls: [{ request }] } = await callsOf(client, ask);
          assert.equal(value, text);
          assert.equal(request.headers.Authorization, `Bearer ${key.secret}`);
          assert.equal(await ask(client, { stream: true }), text);
        }
        process.env.AWS_BEARER_TOKEN_BEDROCK = 'not-a-token';
        await assertRefused(open({ credentials: undefined }));
      } finally {
        delete process.env.AWS_BEARER_TOKEN_BEDROCK;
      }
    });
  });
}
