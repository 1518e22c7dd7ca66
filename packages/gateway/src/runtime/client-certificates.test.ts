import { tlsOptions } from '@sluice/service/tls-options';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../listen/listener.ts';
import type { Listener } from '../listen/listener.ts';
import type { ConsumerLookup } from '../policy/authentication/consumer-lookup.ts';
import { mtls, takeOffCertificate } from '../policy/authentication/mtls.ts';
import type { AuthenticationOutcome, ClientCertificate } from '../policy/policy.ts';
import { recordedRequest } from '../policy/testing/recorded-request.ts';
import { handleTransport } from '../wire/handle-wire.ts';
import { certificateFolder } from '../wire/testing/certificates.ts';
import type { CertificateFolder, TestCertificate } from '../wire/testing/certificates.ts';
import type { Wire } from '../wire/wire.ts';
import { Certificates } from './certificates.ts';

const isAuthority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];
const isClient = ['extendedKeyUsage=clientAuth'];

let folder: CertificateFolder;
const made: Record<string, TestCertificate> = {};

beforeAll(() => {
  folder = certificateFolder();
  const issue = (name: string, extensions: readonly string[], by?: string, subject = `/O=Acme/CN=${name}`): void => {
    made[name] = folder.issue(name, subject, extensions, by === undefined ? undefined : made[by]);
  };
  made['server'] = folder.make('server', ['localhost']);
  issue('root', isAuthority);
  issue('other', isAuthority);
  issue('middle', isAuthority, 'root');
  issue('short', ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'], 'root');
  issue('below', isAuthority, 'short');
  issue('client', [...isClient, 'subjectAltName=DNS:shop.example,URI:spiffe://acme/shop,email:a@shop.example'], 'root');
  issue('plain', isClient, 'root', '/O=Acme, Inc./CN=plain');
  issue('server-only', ['extendedKeyUsage=serverAuth'], 'root');
  issue('by-middle', isClient, 'middle');
  issue('by-below', isClient, 'below');
  issue('by-client', isClient, 'client');
  issue('by-other', isClient, 'other');
});

afterAll(() => folder.remove());

const known: Record<string, string> = { 'shop.example': 'shop', 'CN=by-middle,O=Acme': 'middle' };
const consumers: ConsumerLookup = {
  find: () => 'unknown',
  peek: () => 'unknown',
  bySubject(subject) {
    if (subject === 'CN=by-other,O=Acme') return 'disabled';
    const consumerId = known[subject];
    if (consumerId === undefined) return 'unknown';
    const rest = { organization: '', tier: 'gold', scopes: [], roles: [], permissions: [], keyId: undefined };
    return { consumerId, name: consumerId, ...rest };
  },
};

interface Judged {
  readonly authorities?: readonly string[];
  readonly now?: number;
  readonly onlyConsumers?: boolean;
}

const pemOf = (names: readonly string[]): string => names.map((name) => made[name].cert).join('');

/** What the method says of a certificate. */
function judge(certificate: ClientCertificate | undefined, input: Judged = {}) {
  const { authorities = ['root'], now = Date.now(), onlyConsumers = false } = input;
  const config = { type: 'mtls', caFile: 'ca.pem', onlyConsumers } as const;
  const method = mtls(config, { file: { text: pemOf(authorities) }, consumers, now: () => now });
  return method.identify(recordedRequest({ clientCertificate: () => certificate })) as
    | AuthenticationOutcome
    | undefined;
}

const day = 86_400_000;

describe.each([
  ['the public transport', undefined],
  ['the fast transport', handleTransport()],
])('over %s', (_name, transport) => {
  let listener: Listener | undefined;

  afterEach(async () => {
    const closed = listener?.close();
    listener = undefined;
    await closed;
  });

  async function listening(authorities: readonly string[], { hasSeveral = false } = {}) {
    const wires: Wire[] = [];
    const certificates = new Certificates(tlsOptions({}));
    certificates.replace([{ ...made['server'], hosts: ['localhost'] }]);
    for (const name of authorities) certificates.useAuthority(name, made[name].cert);
    const tls = {
      options: () => certificates.options,
      asksClients: () => certificates.asksClients,
      ticketKeys: randomBytes(48),
      first: certificates.first,
      contextFor: (name: string) => certificates.contextFor(name),
      hasSeveral: () => hasSeveral,
    };
    const door = await listen({ host: '127.0.0.1', port: 0, shared: false, transport, tls }, (wire) =>
      wires.push(wire),
    );
    listener = door;
    const shown = async (name: string | undefined, options: ConnectionOptions & { with?: string[] } = {}) => {
      const { with: chain = [], ...rest } = options;
      const own = name === undefined ? {} : { key: made[name].key, cert: pemOf([name, ...chain]) };
      const client = connect({ port: door.port, host: '127.0.0.1', rejectUnauthorized: false, ...own, ...rest });
      client.on('error', () => {});
      let session: Buffer | undefined;
      client.on('session', (next: Buffer) => (session = next));
      await once(client, 'secureConnect');
      const isReused = client.isSessionReused();
      await expect.poll(() => wires.length).toBeGreaterThan(0);
      const wire = wires.pop();
      const certificate = wire?.clientCertificate?.();
      wire?.finish();
      await once(client, 'end');
      client.destroy();
      wire?.destroy();
      return { certificate, session, isReused };
    };
    return { certificates, door, shown };
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a certificate is a consumer, or its subject: %s', async (maxVersion) => {
    const { shown } = await listening(['root']);
    const { certificate } = await shown('client', { maxVersion });
    expect(judge(certificate)).toMatchObject({
      identity: {
        method: 'mtls',
        consumerId: 'shop',
        tier: 'gold',
        claims: { names: ['spiffe://acme/shop', 'shop.example', 'a@shop.example', 'CN=client,O=Acme'] },
      },
    });
    const plain = await shown('plain', { maxVersion });
    expect(judge(plain.certificate)).toMatchObject({
      identity: { subject: 'CN=plain,O=Acme\\, Inc.', authority: 'CN=root,O=Acme' },
    });
    expect(judge(plain.certificate, { onlyConsumers: true })).toHaveProperty('refused');
    expect(judge((await shown(undefined, { maxVersion })).certificate)).toBeUndefined();
  });

  test('a certificate through an intermediate is good if the file has that', async () => {
    const { shown } = await listening(['root', 'middle']);
    const authorities = ['middle'];
    for (const chain of [[], ['middle']]) {
      const { certificate } = await shown('by-middle', { with: chain });
      expect(judge(certificate, { authorities })).toMatchObject({ identity: { consumerId: 'middle' } });
    }
  });

  test('a certificate through an intermediate that it sends along is good on the fast transport', async () => {
    const { shown } = await listening(['root']);
    const { certificate } = await shown('by-middle', { with: ['middle'] });
    // A public socket of Node 24 does not tell what came with the certificate; one of Node 26 does.
    const tells = transport !== undefined || Number(process.versions.node.split('.')[0]) >= 26;
    const refused = { refused: 'no authority of this route has issued the certificate' };
    expect(judge(certificate)).toMatchObject(tells ? { identity: { consumerId: 'middle' } } : refused);
    expect(judge((await shown('by-middle')).certificate)).toHaveProperty('refused');
  });

  test.each([
    ['of an authority of another route', 'by-other', [], /no authority of this route/],
    ['for servers', 'server-only', [], /not accepted|not for clients/],
    ['by a client', 'by-client', ['client'], /not accepted/],
    ['through more authorities than one of them allows', 'by-below', ['below', 'short'], /not accepted/],
    ['of nobody', 'server', [], /not accepted/],
  ])('a certificate %s is refused', async (_which, name, chain, reason) => {
    const { shown } = await listening(['root', 'other']);
    expect(judge((await shown(name, { with: chain })).certificate)).toEqual({
      refused: expect.stringMatching(reason) as string,
    });
  });

  test('a session does not resume: each handshake shows the certificate anew', async () => {
    const { shown } = await listening(['root']);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await shown('client', { maxVersion });
      const again = await shown('client', { maxVersion, session: first.session });
      expect(again.isReused).toBe(false);
      expect(judge(again.certificate)).toMatchObject({ identity: { consumerId: 'shop' } });
    }
  });

  test.each([false, true])('clients are asked only while a route wants it (by name: %s)', async (hasSeveral) => {
    const { certificates, door, shown } = await listening([], { hasSeveral });
    const options = { servername: 'localhost' };
    expect((await shown('client', options)).certificate).toBeUndefined();
    certificates.useAuthority('root', made['root'].cert);
    door.useFirst(certificates.first);
    expect(judge((await shown('client', options)).certificate)).toHaveProperty('identity');
    certificates.useAuthority('root', undefined);
    door.useFirst(certificates.first);
    expect((await shown('client', options)).certificate).toBeUndefined();
  });

  test('a connection outlives neither its certificate nor its authority', async () => {
    const { shown } = await listening(['root']);
    const { certificate } = await shown('client');
    expect(judge(certificate, { now: Date.now() + 3 * day })).toEqual({ refused: 'the certificate has expired' });
    expect(judge(certificate, { now: Date.now() - day })).toEqual({ refused: 'the certificate is not valid yet' });
    expect(judge(certificate, { authorities: ['other'] })).toHaveProperty('refused');
  });
});

describe('a certificate in a header', () => {
  const config = { type: 'mtls', caFile: 'ca.pem', header: 'X-Cert', onlyConsumers: false } as const;

  function saidOf(
    values: readonly string[],
    { isFromTrustedProxy = true, connection = undefined as string | undefined } = {},
  ) {
    const method = mtls(config, { file: { text: pemOf(['root']) }, consumers, now: Date.now });
    const own = connection === undefined ? undefined : { chain: [derOf(connection)], fault: undefined };
    const request = recordedRequest({
      isFromTrustedProxy,
      header: () => values[0],
      isRepeated: () => values.length > 1,
      clientCertificate: () => own,
    });
    takeOffCertificate(config)?.(request);
    return { said: method.identify(request), done: request.done };
  }
  const derOf = (name: string) => Buffer.from(made[name].cert.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const encoded = (...names: string[]) => encodeURIComponent(pemOf(names));

  test('of a trusted proxy is the client, as nginx and Envoy write it, and reaches backends', () => {
    const forms = [
      encoded('client'),
      `Hash=ab;Cert="${encoded('client')}";Subject="CN=x"`,
      `By=spiffe://a;Chain="${encoded('client', 'middle')}"`,
    ];
    for (const form of forms) {
      const { said, done } = saidOf([form]);
      expect(said).toMatchObject({ identity: { consumerId: 'shop' } });
      expect(done).toEqual([]);
    }
    const through = `Cert="${encoded('by-middle')}";Chain="${encoded('by-middle', 'middle')}"`;
    expect(saidOf([through]).said).toMatchObject({ identity: { consumerId: 'middle' } });
  });

  test('of anybody else is nothing, and is removed', () => {
    const { said, done } = saidOf([encoded('client')], { isFromTrustedProxy: false });
    expect(said).toBeUndefined();
    expect(done).toEqual(['remove X-Cert']);
    const own = saidOf([encoded('client')], { isFromTrustedProxy: false, connection: 'plain' });
    expect(own.said).toMatchObject({ identity: { subject: 'CN=plain,O=Acme\\, Inc.' } });
  });

  test('decides, and not the certificate of the proxy itself', () => {
    expect(saidOf([], { connection: 'plain' }).said).toBeUndefined();
    expect(saidOf([''], { connection: 'plain' }).said).toBeUndefined();
    expect(saidOf([encoded('client')], { connection: 'plain' }).said).toMatchObject({
      identity: { consumerId: 'shop' },
    });
  });

  test.each([
    ['twice', () => [encoded('client'), encoded('client')]],
    ['as no certificate', () => ['none']],
    ['cut off', () => [encoded('client').slice(0, 200)]],
    ['with a broken escape', () => [`${encoded('client')}%zz`]],
    ['as elements of two proxies', () => [`Cert="${encoded('client')}",Cert="${encoded('plain')}"`]],
    ['as garbage of PEM', () => [encodeURIComponent('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')]],
    ['for servers', () => [encoded('server-only')]],
    ['by another authority', () => [encoded('by-other')]],
    ['by a client', () => [encoded('by-client', 'client')]],
  ])('is refused %s', (_how, values) => {
    expect(saidOf(values()).said).toHaveProperty('refused');
  });
});

test('a file of authorities that cannot be read lets nobody in, and a consumer that is disabled stays out', () => {
  const certificate = (name: string): ClientCertificate => ({
    chain: [Buffer.from(made[name].cert.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')],
    fault: undefined,
  });
  const config = { type: 'mtls', caFile: 'ca.pem', onlyConsumers: false } as const;
  const method = mtls(config, { file: { text: undefined }, consumers, now: Date.now });
  const request = recordedRequest({ clientCertificate: () => certificate('client') });
  expect(method.identify(request)).toHaveProperty('unavailable');
  expect(method.challenge(undefined)).toBeUndefined();
  expect(judge(certificate('by-other'), { authorities: ['other'] })).toEqual({ refused: 'the consumer is disabled' });
});
