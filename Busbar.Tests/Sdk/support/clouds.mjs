import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// What the token and metadata services of three clouds answer to a right question. A wrong one gets what the cloud says to it, and `wrong` keeps why.
const scope = 'https://www.googleapis.com/auth/cloud-platform';
const account = 'busbar@project.iam.gserviceaccount.com';
const resource = 'https://cognitiveservices.azure.com';
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const hour = () => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
const decode = part => JSON.parse(Buffer.from(part, 'base64url').toString());

export async function startClouds() {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-clouds-'));
  const write = (name, text) => (writeFileSync(join(folder, name), text), join(folder, name));
  const given = [];
  const wrong = [];
  const give = () => (given.push(`minted-${given.length + 1}`), given.at(-1));

  // The key of the service account, the certificate of the application, and that of the server, which the gateway has to trust.
  const google = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
  const make = (name, ...more) => execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`), ...more], { stdio: 'ignore' });
  make('server', '-addext', 'subjectAltName=IP:127.0.0.1');
  make('application');
  const application = write('application.pem', readFileSync(join(folder, 'application.crt'), 'utf8') + readFileSync(join(folder, 'application.key'), 'utf8'));
  const certificate = new X509Certificate(readFileSync(application));

  const signed = ({ authorization = '' }, service) => new RegExp(`^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\\d{8}/eu-west-1/${service}/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$`).test(authorization);
  const keys = () => { const name = give(); return { id: `ASIA${name}`, secret: `secret-${name}`, token: `session-${name}` }; };
  const role = (action, { id, secret, token }) => `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>`
    + `<Arn>arn:aws:sts::123456789012:assumed-role/r/x</Arn></AssumedRoleUser><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey>`
    + `<SessionToken>${token}</SessionToken><Expiration>${hour()}</Expiration></Credentials></${action}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`;
  const imds = ({ id, secret, token }) => ({ Code: 'Success', LastUpdated: hour(), Type: 'AWS-HMAC', AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration: hour() });

  const asserted = (jwt, check) => {
    const [head, body, signature] = jwt.split('.');
    return check(decode(head), decode(body), Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url'));
  };
  const isGoogles = jwt => asserted(jwt, (head, claims, text, signature) => head.alg === 'RS256' && claims.iss === account && claims.scope === scope && claims.exp - claims.iat <= 3600
    && /\/token$/.test(claims.aud) && verify('sha256', text, google.publicKey, signature));
  const isApplications = (jwt, aud) => jwt === 'a-federated-token' || asserted(jwt, (head, claims, text, signature) => {
    const pss = head.alg === 'PS256';
    const print = certificate.fingerprint256.replaceAll(':', '');
    return (head['x5t#S256'] === Buffer.from(print, 'hex').toString('base64url') || head.x5t !== undefined) && claims.iss === 'client-1' && claims.sub === 'client-1' && claims.aud.startsWith(aud)
      && verify('sha256', text, pss ? { key: certificate.publicKey, padding: 6, saltLength: 32 } : certificate.publicKey, signature);
  });

  const routes = {
    // AWS: STS, the endpoint of a container, the metadata service of an instance.
    'POST /': ({ form, headers }) => form.get('Version') !== '2011-06-15' ? null
      : form.get('Action') === 'AssumeRoleWithWebIdentity' ? form.get('WebIdentityToken') === 'a-web-token' && !headers.authorization && { xml: role('AssumeRoleWithWebIdentity', keys()) }
      : form.get('Action') === 'AssumeRole' && form.get('RoleSessionName') && signed(headers, 'sts') && { xml: role('AssumeRole', keys()) },
    'GET /container': ({ headers }) => headers.authorization === 'a-pod-token' && { json: imds(keys()) },
    'PUT /latest/api/token': ({ headers }) => headers['x-aws-ec2-metadata-token-ttl-seconds'] === '21600' && { text: 'a-session' },
    'GET /latest/meta-data/iam/security-credentials/': ({ headers }) => headers['x-aws-ec2-metadata-token'] === 'a-session' && { text: 'node' },
    'GET /latest/meta-data/iam/security-credentials/node': ({ headers }) => headers['x-aws-ec2-metadata-token'] === 'a-session' && { json: imds(keys()) },

    // Google: token endpoint, metadata service, token exchange, impersonation.
    'POST /token': ({ form, json }) => {
      const field = name => form.get(name) ?? json?.[name];
      return field('grant_type') === 'refresh_token' ? field('refresh_token') === 'a-refresh-token' && field('client_secret') === 'a-client-secret' && { json: { access_token: give(), expires_in: 3599, token_type: 'Bearer' } }
        : field('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' && isGoogles(field('assertion')) && { json: { access_token: give(), expires_in: 3599, token_type: 'Bearer' } };
    },
    'GET /computeMetadata/v1/instance': () => ({ text: '', flavor: true }),
    'GET /computeMetadata/v1/project/project-id': () => ({ text: 'project', flavor: true }),
    'GET /computeMetadata/v1/universe/universe-domain': () => ({ text: 'googleapis.com', flavor: true }),
    'GET /computeMetadata/v1/instance/service-accounts/default/token': ({ headers }) => headers['metadata-flavor'] === 'Google' && { json: { access_token: give(), expires_in: 3599, token_type: 'Bearer' }, flavor: true },
    'POST /v1/token': ({ form, headers }) => form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange' && form.get('audience') === '//iam.googleapis.com/pool' && form.get('scope') === scope
      && form.get('subject_token') === 'a-subject-token' && !headers.authorization && { json: { access_token: 'a-federated', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer', expires_in: 3600 } },
    [`POST /v1/projects/-/serviceAccounts/${account}:generateAccessToken`]: ({ headers, json }) => headers.authorization === 'Bearer a-federated' && json?.scope?.[0] === scope && { json: { accessToken: give(), expireTime: hour() } },

    // Azure: metadata of the login, its token endpoint, the metadata service of a machine, App Service.
    'GET /tenant-1/v2.0/.well-known/openid-configuration': ({ origin }) => ({ json: { token_endpoint: `${origin}/tenant-1/oauth2/v2.0/token`, issuer: `${origin}/tenant-1/v2.0`, authorization_endpoint: `${origin}/tenant-1/oauth2/v2.0/authorize`, jwks_uri: `${origin}/keys` } }),
    'POST /tenant-1/oauth2/v2.0/token': ({ form, origin }) => form.get('grant_type') === 'client_credentials' && form.get('client_id') === 'client-1' && form.get('scope').split(' ').includes(`${resource}/.default`)
      && (form.get('client_secret') === 'an-app-secret' || (form.get('client_assertion_type') === jwtBearer && isApplications(form.get('client_assertion'), origin)))
      && { json: { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: give() } },
    'GET /metadata/identity/oauth2/token': ({ headers, query }) => headers.metadata === 'true' && query.get('api-version') === '2018-02-01' && query.get('resource') === resource
      && { json: { access_token: give(), expires_on: String(Math.floor(Date.now() / 1000) + 86400), resource, token_type: 'Bearer' } },
    'GET /msi/token': ({ headers, query }) => headers['x-identity-header'] === 'a-header' && query.get('api-version') === '2019-08-01' && query.get('resource') === resource
      && { json: { access_token: give(), expires_on: String(Math.floor(Date.now() / 1000) + 86400), resource, token_type: 'Bearer' } },
  };

  const serve = scheme => async (request, response) => {
    const raw = Buffer.concat(await request.toArray()).toString();
    const { pathname, searchParams: query } = new URL(request.url, 'http://cloud');
    const route = routes[`${request.method} ${decodeURIComponent(pathname)}`];
    let json;
    try { json = JSON.parse(raw); } catch { /* a form */ }
    const answer = route?.({ headers: request.headers, query, form: new URLSearchParams(raw), json, origin: `${scheme}://${request.headers.host}` });
    if (!answer) {
      wrong.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${raw}`);
      return void response.writeHead(route ? 400 : 404, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}');
    }
    const [type, body] = answer.json ? ['application/json', JSON.stringify(answer.json)] : answer.xml ? ['text/xml', answer.xml] : ['text/plain', answer.text];
    response.writeHead(200, { 'content-type': type, ...(answer.flavor && { 'metadata-flavor': 'Google' }) }).end(body);
  };
  const plain = http.createServer(serve('http'));
  const secure = https.createServer({ key: readFileSync(join(folder, 'server.key')), cert: readFileSync(join(folder, 'server.crt')) }, serve('https'));
  for (const server of [plain, secure]) await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${plain.address().port}`;
  return {
    url, folder, write, given, wrong, account, application,
    secureUrl: `https://127.0.0.1:${secure.address().port}`,
    trust: join(folder, 'server.crt'),
    serviceAccount: write('service-account.json', JSON.stringify({ type: 'service_account', project_id: 'project', private_key_id: 'k1', private_key: google.privateKey, client_email: account, client_id: '1', token_uri: `${url}/token` })),
    person: write('person.json', JSON.stringify({ type: 'authorized_user', client_id: 'a-client', client_secret: 'a-client-secret', refresh_token: 'a-refresh-token', token_uri: `${url}/token` })),
    external: write('external.json', JSON.stringify({
      type: 'external_account', audience: '//iam.googleapis.com/pool', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: `${url}/v1/token`,
      service_account_impersonation_url: `${url}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`, credential_source: { file: write('subject', 'a-subject-token') },
    })),
    close() { for (const server of [plain, secure]) { server.closeAllConnections(); server.close(); } rmSync(folder, { recursive: true, force: true }); },
  };
}
