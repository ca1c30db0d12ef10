// Scripted token services of three clouds: the vendors' own SDKs take what they give, and so does the gateway, which puts it on its call.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { ClientCertificateCredential, EnvironmentCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity';
import { GoogleAuth } from 'google-auth-library';
import { startClouds } from './support/clouds.mjs';
import { startGateway, token, until } from './support/gateway.mjs';
import { send } from './support/raw.mjs';

const scope = 'https://www.googleapis.com/auth/cloud-platform';
const azureScope = 'https://cognitiveservices.azure.com/.default';
const role = 'arn:aws:iam::123456789012:role/gateway';
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret', AWS_REGION: 'eu-west-1' };

describe('token services of clouds', { concurrency: false }, () => {
  let clouds;
  const former = { ...process.env };
  before(async () => { clouds = await startClouds(); });
  after(() => { clouds?.close(); restore(); });
  const restore = () => {
    for (const name of Object.keys(process.env)) if (!(name in former)) delete process.env[name];
    Object.assign(process.env, former);
  };

  /** An identity from its variables: what the SDK makes of them, and what the gateway does. */
  function run(name, { identity, protocol, variables, sdk }) {
    test(name, { timeout: 60_000 }, async () => {
      const env = { HOME: clouds.folder, AWS_EC2_METADATA_DISABLED: 'true', NODE_TLS_REJECT_UNAUTHORIZED: '0', SSL_CERT_FILE: clouds.trust, ...variables(clouds) };
      Object.assign(process.env, env);
      let gateway;
      try {
        const wrong = clouds.wrong.length;
        const theirs = await sdk(clouds);
        assert.ok(clouds.given.some(given => theirs.includes(given)), theirs);
        const before = clouds.given.length;
        gateway = await startGateway('token', undefined, { identity: typeof identity === 'function' ? identity(clouds) : identity });
        const stats = async () => (await send(`${gateway.url}/stats`, { method: 'GET', headers: { authorization: `Bearer ${token}` } })).json;
        await until(stats, ({ identities: [own] }) => own.source);
        const { status, text } = await send(`${gateway.url}${paths[protocol]}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: bodies[protocol] });
        assert.equal(status, 200, `${text}\n${gateway.log()}\n${clouds.wrong.join('\n')}`);
        const { headers } = gateway.provider.last(protocol);
        const minted = clouds.given.slice(before);
        assert.ok(minted.some(given => protocol === 'bedrock'
          ? headers.authorization.startsWith(`AWS4-HMAC-SHA256 Credential=ASIA${given}/`) && headers['x-amz-security-token'] === `session-${given}`
          : headers.authorization === `Bearer ${given}`), `${JSON.stringify(headers)} ${minted}`);
        assert.deepEqual(clouds.wrong.slice(wrong).filter(call => !call.startsWith('GET / ')), []);
        for (const secret of [...clouds.given, 'a-secret', 'an-app-secret', 'a-refresh-token', 'a-client-secret']) assert.ok(!gateway.log().includes(secret), secret);
      } finally {
        gateway?.stop();
        restore();
      }
    });
  }

  const paths = { bedrock: '/model/bedrock/converse', gemini: '/v1beta/models/gemini:generateContent', openai: '/v1/chat/completions' };
  const bodies = {
    bedrock: { messages: [{ role: 'user', content: [{ text: 'Say #text' }] }] },
    gemini: { contents: [{ role: 'user', parts: [{ text: 'Say #text' }] }] },
    openai: { model: 'openai', messages: [{ role: 'user', content: 'Say #text' }] },
  };

  const chain = async () => (await fromNodeProviderChain()()).accessKeyId;
  const aws = (name, variables, more) => run(`AWS: ${name}`, { identity: 'aws', protocol: 'bedrock', variables, sdk: chain, ...more });
  aws('a web identity token', ({ url, write }) => ({ AWS_ENDPOINT_URL_STS: url, AWS_REGION: 'eu-west-1', AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: write('web', 'a-web-token') }));
  aws('a container', ({ url, write }) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: write('pod', 'a-pod-token') }));
  aws('an instance', ({ url }) => ({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url }));
  aws('a role', ({ url }) => ({ ...keys, AWS_ENDPOINT_URL_STS: url }), {
    identity: { type: 'aws', role_arn: role, external_id: 'ext', session_name: 'tests', region: 'eu-west-1' },
    sdk: async () => (await fromTemporaryCredentials({ params: { RoleArn: role, ExternalId: 'ext', RoleSessionName: 'tests' }, clientConfig: { region: 'eu-west-1' } })()).accessKeyId,
  });
  aws('a profile with a role', ({ url, write }) => ({
    AWS_ENDPOINT_URL_STS: url, AWS_PROFILE: 'deploy',
    AWS_CONFIG_FILE: write('config', `[profile deploy]\nrole_arn = ${role}\nsource_profile = base\nregion = eu-west-1\n`),
    AWS_SHARED_CREDENTIALS_FILE: write('credentials', '[base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = a-secret\n'),
  }));

  // Google's client has the token endpoint of service accounts and people built in; it is led to the scripted one.
  const google = (name, variables) => run(`Google: ${name}`, {
    identity: 'google', protocol: 'gemini', variables,
    sdk: async ({ url }) => {
      const fetchImplementation = (address, init) => fetch(String(address).replace('https://oauth2.googleapis.com', url), init);
      const client = await new GoogleAuth({ scopes: scope, clientOptions: { transporterOptions: { fetchImplementation } } }).getClient();
      return (await client.getAccessToken()).token;
    },
  });
  google('a service account', ({ serviceAccount }) => ({ GOOGLE_APPLICATION_CREDENTIALS: serviceAccount }));
  google('the refresh token of gcloud', ({ person }) => ({ GOOGLE_APPLICATION_CREDENTIALS: person }));
  google('an external account that stands in for another', ({ external }) => ({ GOOGLE_APPLICATION_CREDENTIALS: external }));
  google('the metadata service', ({ url }) => ({ GCE_METADATA_HOST: url.slice('http://'.length), METADATA_SERVER_DETECTION: 'assume-present' }));

  const application = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' };
  const azure = (name, variables, credential, identity = 'azure') => run(`Azure: ${name}`, {
    identity, protocol: 'openai', variables, sdk: async clouds => (await credential(clouds).getToken(azureScope)).token,
  });
  azure('a secret', ({ secureUrl }) => ({ ...application, AZURE_AUTHORITY_HOST: secureUrl, AZURE_CLIENT_SECRET: 'an-app-secret' }), () => new EnvironmentCredential({ disableInstanceDiscovery: true }));
  azure('a certificate', ({ secureUrl }) => ({ AZURE_AUTHORITY_HOST: secureUrl }),
    ({ application: file, secureUrl }) => new ClientCertificateCredential('tenant-1', 'client-1', { certificatePath: file }, { authorityHost: secureUrl, disableInstanceDiscovery: true }),
    ({ application: file }) => ({ type: 'azure', tenant_id: 'tenant-1', client_id: 'client-1', certificate_file: file }));
  azure('a workload', ({ secureUrl, write }) => ({ ...application, AZURE_AUTHORITY_HOST: secureUrl, AZURE_FEDERATED_TOKEN_FILE: write('federated', 'a-federated-token') }),
    () => new WorkloadIdentityCredential({ disableInstanceDiscovery: true }));
  azure('App Service', ({ url }) => ({ IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: 'a-header' }), () => new ManagedIdentityCredential());
  azure('a virtual machine', ({ url }) => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: url }), () => new ManagedIdentityCredential());
});
