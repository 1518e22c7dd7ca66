import { expect, test } from 'vitest';
import { createModelReader } from './model-reader.ts';

const reader = createModelReader({ listeners: [], backendIds: () => [] });
const backend = (tls: Readonly<Record<string, string>>) => ({ name: 'b', url: 'https://192.0.2.1', tls });
const route = (tls: Readonly<Record<string, string>>) => ({ name: 'r', pathPattern: '/**', backends: [backend(tls)] });
const text = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

test.each(['/etc/ssl/ca.pem', '../ca.pem', 'shop/../../ca.pem', '.hidden', './ca.pem', 'a\\b', 'a\0', 'ca.pem/', ''])(
  'the path %j is refused: nodes open what is in their own folder only',
  (caFile) => {
    const path = ['tls', 'caFile'];
    const problem = (at: (string | number)[]) => ({ path: at, message: expect.stringContaining('expected') as string });
    expect(reader.backend(backend({ caFile }))).toEqual({ ok: false, problems: [problem(path)] });
    const read = reader.route(route({ caFile }), () => undefined);
    expect(read).toEqual({ ok: false, problems: [problem(['backends', 0, ...path])] });
  },
);

test.each(['ca.pem', 'shop/ca.crt', 'a..b'])('the name %s is taken', (caFile) => {
  expect(reader.backend(backend({ caFile })).ok).toBe(true);
  expect(reader.route(route({ caFile }), () => undefined).ok).toBe(true);
});

test('certificates are taken as text, and nothing else: no key, not both ways at once, no more than a bundle', () => {
  expect(reader.backend(backend({ ca: text + text })).ok).toBe(true);
  const key = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n';
  const bad: Record<string, string>[] = [
    { ca: key },
    { ca: text + key },
    { ca: '' },
    { ca: text, caFile: 'ca.pem' },
    { ca: text.repeat(1_200) },
  ];
  for (const tls of bad) expect(reader.backend(backend(tls)).ok).toBe(false);
});

test('limits over all nodes are refused where there is no Redis; what is stored already stays', () => {
  const global = { type: 'FixedWindow', requests: 5, scope: 'global' };
  const limited = { ...route({}), rateLimit: global };
  const without = createModelReader({ listeners: [], backendIds: () => [], hasRedis: false });
  expect(without.route(limited, () => undefined)).toMatchObject({
    ok: false,
    problems: [{ path: ['rateLimit', 'scope'], message: expect.stringContaining('set redis.url') as string }],
  });
  expect(without.route(limited, () => undefined, { split: true }).ok).toBe(true);
  expect(reader.route(limited, () => undefined).ok).toBe(true);
});

test('a policy names a file in the folder of the nodes, as backends do', () => {
  const named = (publicKeyFile: string) => {
    const methods = [{ type: 'jwt', publicKeyFile, algorithms: ['RS256'] }];
    return reader.route({ ...route({}), authentication: { methods } }, () => undefined);
  };
  expect(named('shop/issuer.pem').ok).toBe(true);
  for (const path of ['/etc/ssl/issuer.pem', '../issuer.pem'])
    expect(named(path)).toEqual({
      ok: false,
      problems: [
        {
          path: ['authentication', 'methods', 0, 'publicKeyFile'],
          message: expect.stringContaining('expected the name of a file in the node.filesFolder') as string,
        },
      ],
    });
});

test('the secret of a method that was hidden is the stored one again', () => {
  const methods = (secret: string) => [{ type: 'jwt', secret, algorithms: ['HS256'] }];
  const written = (secret: string) => ({ ...route({}), authentication: { methods: methods(secret) } });
  const stored = reader.route(written('s'.repeat(32)), () => undefined);
  if (!stored.ok) throw new Error('the route is valid');
  const again = reader.route(written('[hidden]'), () => undefined, { kept: stored.document });
  expect(again).toMatchObject({ ok: true, document: { authentication: { methods: methods('s'.repeat(32)) } } });
  expect(reader.route(written('[hidden]'), () => undefined).ok).toBe(false);
});
