// Run: node packages/gateway/src/policy/authentication/jwt/jwt.bench.ts — prints what a token that is known costs, in
// nanoseconds of CPU, and what a new one costs for each algorithm, in microseconds of CPU over all threads.
import { parseConfig } from '@sluice/model';
import type { JwtAlgorithm } from '@sluice/model';
import { SignJWT } from 'jose';
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KeptParts } from '../../kept-parts.ts';
import { SecretTexts } from '../../secret-texts.ts';
import { recordedRequest } from '../../testing/recorded-request.ts';
import type { AuthenticationMethod } from '../method.ts';
import { AllFetchedKeys } from './fetched-keys.ts';
import { jwt, jwtContext } from './jwt.ts';

interface Pair {
  readonly signer: KeyObject;
  /** The content of the file of keys. */
  readonly file: string;
}

function ofFile({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): Pair {
  return { signer: privateKey, file: String(publicKey.export({ type: 'spki', format: 'pem' })) };
}

function pairOf(algorithm: JwtAlgorithm): Pair {
  switch (algorithm.slice(0, 2)) {
    case 'HS': {
      const secret = randomBytes(64).toString('base64url');
      return { signer: createSecretKey(Buffer.from(secret)), file: secret };
    }
    case 'ES':
      return ofFile(generateKeyPairSync('ec', { namedCurve: algorithm === 'ES256' ? 'P-256' : 'P-384' }));
    case 'Ed':
      return ofFile(generateKeyPairSync('ed25519'));
    default:
      return ofFile(generateKeyPairSync('rsa', { modulusLength: 2048 }));
  }
}

function methodFor(algorithm: JwtAlgorithm, file: string): AuthenticationMethod {
  const texts = new SecretTexts();
  texts.put('key', file);
  const field = algorithm.startsWith('HS') ? 'secretFile' : 'publicKeyFile';
  const wishes = { issuer: 'https://id.example', audience: ['orders'] };
  const method = { type: 'jwt', [field]: 'key', algorithms: [algorithm], ...wishes };
  const backends = [{ name: 'a', url: 'http://127.0.0.1:9' }];
  const read = parseConfig({
    routes: [{ name: 'a', pathPattern: '/', backends, authentication: { methods: [method] } }],
  });
  const [config] = read.ok ? (read.config.routes[0].authentication?.methods ?? []) : [];
  if (config?.type !== 'jwt') throw new Error('the method is not read');
  const parts = new KeptParts();
  return jwt(config, jwtContext({ texts, fetched: new AllFetchedKeys(() => {}) }, parts), parts);
}

function tokenBy({ signer }: Pair, alg: JwtAlgorithm, number: number): Promise<string> {
  return new SignJWT({ roles: ['support', 'admin'], email: 'ada@example.com', scope: 'orders:read orders:write' })
    .setProtectedHeader({ alg, kid: 'one', typ: 'JWT' })
    .setSubject(`user ${number}`)
    .setIssuer('https://id.example')
    .setAudience('orders')
    .setExpirationTime('1h')
    .sign(signer);
}

/** As the head of a request has it: each time another text, which is a part of a larger one. */
function requestWith(token: string) {
  const head = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nAccept: */*\r\n\r\n`);
  const start = head.indexOf('Bearer');
  const text = { head: '' };
  const header = (): string => text.head.slice(start, start + 7 + token.length);
  return { request: recordedRequest({ header }), receive: () => void (text.head = head.toString('latin1')) };
}

async function known(algorithm: JwtAlgorithm): Promise<void> {
  const pair = pairOf(algorithm);
  const method = methodFor(algorithm, pair.file);
  const token = await tokenBy(pair, algorithm, 0);
  const { request, receive } = requestWith(token);
  receive();
  await method.identify(request);
  const best = (call: () => void): number => {
    let least = Infinity;
    for (let round = 0; round < 5; round++) {
      const before = process.threadCpuUsage();
      for (let i = 0; i < 200_000; i++) call();
      const { user, system } = process.threadCpuUsage(before);
      least = Math.min(least, ((user + system) * 1000) / 200_000);
    }
    return least;
  };
  const alone = best(() => {
    receive();
    request.header('authorization');
  });
  const whole = best(() => {
    receive();
    if (method.identify(request) instanceof Promise) throw new Error('the token is not known');
  });
  console.log(`known, ${algorithm}, ${token.length} characters: ${(whole - alone).toFixed(0)} ns`);
}

async function fresh(algorithm: JwtAlgorithm): Promise<void> {
  const pair = pairOf(algorithm);
  const method = methodFor(algorithm, pair.file);
  const tokens = await Promise.all(Array.from({ length: 2000 }, (_, number) => tokenBy(pair, algorithm, number)));
  const requests = tokens.map((token) => recordedRequest({ header: () => `Bearer ${token}` }));
  const warm = requests.splice(0, 200);
  for (const request of warm) await method.identify(request);
  const before = process.cpuUsage();
  for (const request of requests) {
    const outcome = await method.identify(request);
    if (outcome === undefined || !('identity' in outcome)) throw new Error(JSON.stringify(outcome));
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`new, ${algorithm}: ${((user + system) / requests.length).toFixed(0)} µs of CPU`);
}

await known('RS256');
for (const algorithm of ['HS256', 'EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'] as const) await fresh(algorithm);
