import { describe, expect, test } from 'vitest';
import type { Problem } from '../values/problem.ts';
import { formatPath } from '../values/problem.ts';
import { parseConfig } from './parse-config.ts';

// Whatever the settings of policies are, and whatever is wrong with one of them: the place is named, and what to do is said.

const backends = [{ name: 'a', url: 'http://127.0.0.1:9001' }];
const tier = { requests: 100, window: '1m', burst: 20, dailyQuota: 5000 };

/** The settings as people write them: each field is there, with the methods of the specification. */
const written = () => ({
  redis: { url: 'redis://127.0.0.1' },
  limits: {
    whenRedisIsAway: 'localShare',
    tiers: { anonymous: tier },
  },
  consumers: [
    {
      id: 'shop',
      name: 'Shop',
      organization: 'acme',
      tier: 'premium',
      scopes: ['orders:read'],
      roles: ['support'],
      permissions: ['orders:*:own'],
      subjects: ['CN=shop'],
      isEnabled: true,
      expiresAt: '2030-01-01T00:00:00Z',
      keys: [{ name: '2026', hash: `sha256:${'a'.repeat(64)}`, expiresAt: '2030-01-01T00:00:00Z' }],
    },
  ],
  routes: [
    {
      name: 'orders',
      backends,
      authentication: {
        methods: [
          {
            type: 'jwt',
            jwksUrl: 'https://id.example/jwks.json',
            issuer: 'https://id.example',
            audience: ['orders'],
            algorithms: ['RS256', 'EdDSA'],
            clockTolerance: '30s',
            requiredClaims: ['sub'],
            header: 'Authorization',
          },
          { type: 'jwt', secretFile: 'jwt.secret', algorithms: ['HS256'], cookie: 'token' },
          { type: 'jwt', publicKeyFile: 'issuer.pem', algorithms: ['RS256'], query: 'token' },
          { type: 'apiKey', header: 'X-API-Key' },
          { type: 'apiKey', query: 'api_key' },
          { type: 'basic', usersFile: 'users.htpasswd' },
          {
            type: 'introspection',
            url: 'https://id.example/introspect',
            clientId: 'gw',
            clientSecretFile: 'gw.secret',
            cacheFor: '30s',
          },
          { type: 'mtls', caFile: 'clients-ca.pem' },
          { type: 'external', url: 'http://127.0.0.1:9100/check', timeout: '500ms', onError: 'deny' },
          {
            type: 'oidc',
            issuer: 'https://id.example',
            clientId: 'web',
            clientSecretFile: 'web.secret',
            scopes: ['openid'],
          },
        ],
        anonymous: false,
        forward: {
          subject: 'X-Consumer-Id',
          organization: 'X-Organization',
          tier: 'X-Tier',
          claims: { email: 'X-User-Email' },
        },
      },
      authorization: {
        scopes: ['orders:read'],
        roles: ['support', 'admin'],
        permissions: ['orders:write:own'],
        rule: 'claims.tier == "premium" && request.method != "DELETE"',
        reportOnly: false,
      },
      rateLimit: [
        {
          type: 'TokenBucket',
          requests: 100,
          window: '1m',
          burst: 20,
          keyBy: 'Consumer',
          scope: 'global',
          perTier: { free: tier },
          dailyQuota: 10_000,
        },
        { type: 'SlidingWindow', requests: 5, keyBy: 'Header:X-Tenant' },
        { type: 'FixedWindow', requests: 5, keyBy: 'Claim:azp' },
      ],
      concurrency: { limit: 5, keyBy: 'Consumer' },
      adaptiveConcurrency: { minLimit: 10, maxLimit: 500 },
      policies: [{ module: './my-policy.ts', options: { a: 1 }, timeout: '1s' }],
    },
  ],
});

type Step = string | number;
type Place = readonly Step[];

const sections: Place[] = [
  ['limits'],
  ['consumers'],
  ...['authentication', 'authorization', 'rateLimit', 'concurrency', 'adaptiveConcurrency', 'policies'].map(
    (name) => ['routes', 0, name] as const,
  ),
];
/** Objects whose keys the user chooses. */
const chosen = new Set<Step | undefined>(['options', 'claims', 'tiers', 'perTier']);
/** Lists that may be empty, since that says something. */
const mayBeEmpty = /(?:^consumers.*|requiredClaims|policies)$/;

describe('the settings of policies', () => {
  test('are accepted as the specification writes them', () => {
    const tiers = Object.fromEntries(['anonymous', 'free', 'premium', 'vip', 'service'].map((name) => [name, tier]));
    const { limits, ...others } = written();
    expect(parseConfig({ ...others, limits: { ...limits, tiers } })).toMatchObject({ ok: true });
  });

  test.each(sections.map((section) => [formatPath([...section]), section]))(
    'in %s are refused at their place when one is wrong',
    (_name, section) => {
      for (const place of placesIn(at(written(), section), section)) {
        for (const wrong of wrongFor(at(written(), place), place)) {
          const problems = problemsWith(place, (parent, key) => void (parent[key] = wrong));
          expect(problems, `${formatPath([...place])} as ${JSON.stringify(wrong)}`).toContainEqual(
            expect.stringMatching(toldBelow(place)),
          );
        }
      }
    },
  );

  test.each(sections.map((section) => [formatPath([...section]), section]))(
    'in %s are refused with the right name when one is mistyped',
    (_name, section) => {
      for (const place of placesIn(at(written(), section), section)) {
        const [key, parent] = [place.at(-1), place.at(-2)];
        if (typeof key !== 'string' || chosen.has(parent)) continue;
        const typo = `${key.slice(0, -1)}x${key.slice(-1)}`;
        const problems = problemsWith(place, (object) => {
          object[typo] = object[key];
          delete object[key];
        });
        // Without its type, nothing else of a method is known.
        const isKind = key === 'type' && place.at(-3) === 'methods';
        const said = isKind
          ? `${formatPath([...place])}: expected one of apiKey, basic, jwt`
          : `${formatPath([...place.slice(0, -1), typo])}: unknown field; did you mean "${key}"?`;
        expect(problems).toContainEqual(expect.stringContaining(said));
      }
    },
  );
});

function* placesIn(value: unknown, place: Place): Generator<Place> {
  yield place;
  if (typeof value !== 'object' || value === null || place.at(-1) === 'options') return;
  const keys: Step[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  for (const key of keys) yield* placesIn((value as Record<Step, unknown>)[key], [...place, key]);
}

/** Values that a field of this value never has: of another type, empty, out of range. */
function wrongFor(value: unknown, place: Place): unknown[] {
  if (typeof value === 'string') return place[0] === 'consumers' ? [7, null] : [7, null, ''];
  if (typeof value === 'number') return ['x', -1, 0, 1e12, 1.5, null];
  if (typeof value === 'boolean') return ['yes', 1, null];
  if (!Array.isArray(value)) return [[], 'x', 3, null];
  return [{}, 'x', 3, ...(mayBeEmpty.test(formatPath([...place])) ? [] : [[]])];
}

function at(value: unknown, place: Place): unknown {
  return place.reduce((within, step) => (within as Record<Step, unknown>)[step], value);
}

/** The problems of the settings after a change to the object that holds the last step of a place. */
function problemsWith(place: Place, change: (parent: Record<Step, unknown>, key: Step) => void): string[] {
  const config = structuredClone(only(place));
  change(at(config, place.slice(0, -1)) as Record<Step, unknown>, place.at(-1)!);
  const read = parseConfig(config);
  return read.ok ? [] : read.problems.map(({ path, message }: Problem) => `${formatPath(path)}: ${message}`);
}

/** The settings of one section alone, which are read much faster. */
function only([top, , field]: Place): object {
  const { redis, routes, ...others } = written();
  if (top !== 'routes') return { [top]: others[top as keyof typeof others] };
  const known = { authentication: { methods: [{ type: 'apiKey' }] } };
  const [route] = routes;
  return { redis, routes: [{ name: 'orders', backends, ...known, [field]: route[field as keyof typeof route] }] };
}

/** A problem at this place or below it, in words of ours. */
function toldBelow(place: Place): RegExp {
  const text = formatPath([...place]).replaceAll(/[[\].]/g, String.raw`\$&`);
  return new RegExp(`^${text}[^:]*: (?!Invalid|Too )`);
}
