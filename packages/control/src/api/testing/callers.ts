import type { Role } from '@sluice/model';
import { operationList } from '@sluice/model/api';
import type { Operation } from '@sluice/model/api';
import { openForge, tampered } from './forge-token.ts';
import type { Forge, Forgery } from './forge-token.ts';
import type { Seed } from './seed.ts';
import { joinToken, testTime } from './subject.ts';
import type { Subject } from './subject.ts';

/** Who somebody is to the API once their credentials were looked at. */
export type Identity =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'node' }
  | { readonly kind: 'user'; readonly role: Role; readonly name: string }
  | { readonly kind: 'apiKey'; readonly role: Role; readonly name: string; readonly covers: boolean };

/** What somebody sends to say who they are. */
export interface Credentials {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: readonly (readonly [string, string])[];
  /** What must not appear in answers and in the audit log. */
  readonly secret?: string;
}

/** What credentials are made from. */
export interface CallerWorld {
  readonly seed: Seed;
  readonly forge: Forge;
  readonly subject: Subject;
  readonly operation: Operation;
}

/** A row of the matrix. */
export interface Caller {
  readonly name: string;
  readonly is: Identity;
  readonly credentials: (world: CallerWorld) => Credentials | Promise<Credentials>;
}

const nobody: Identity = { kind: 'nobody' };
const node: Identity = { kind: 'node' };
const hour = 3_600_000;
const now = Math.floor(testTime / 1000);

/** Everybody who may turn up. `is` says what they are worth; that alone decides what they may do. */
export const callers: readonly Caller[] = [
  { name: 'no token', is: nobody, credentials: () => ({}) },

  session('viewer', { kind: 'user', role: 'Viewer', name: 'viewer' }),
  session('operator', { kind: 'user', role: 'Operator', name: 'operator' }),
  session('admin', { kind: 'user', role: 'Admin', name: 'admin' }),
  session('revoked', nobody),
  session('disabled', nobody),
  {
    name: 'a session that is too old',
    is: nobody,
    credentials: ({ seed, subject }) => {
      subject.clock.now += 501 * hour;
      return bearer(seed.logins.admin.token);
    },
  },

  apiKey('with the scope', { role: 'Admin', scopes: ({ scope }) => [scope], covers: true }),
  apiKey('with all scopes of the kind', { role: 'Admin', scopes: ({ what }) => [`${what}:*`], covers: true }),
  apiKey('with all scopes', { role: 'Admin', scopes: () => ['*'], covers: true }),
  apiKey('with all scopes of a Viewer', { role: 'Viewer', scopes: () => ['*'], covers: true }),
  apiKey('with all scopes of an Operator', { role: 'Operator', scopes: () => ['*'], covers: true }),
  apiKey('with another scope', { role: 'Admin', scopes: ({ other }) => [`${other}:*`], covers: false }),
  apiKey('to write where it is read, and the other way round', {
    role: 'Admin',
    scopes: ({ opposite }) => [opposite],
    covers: false,
  }),
  {
    name: 'API key as X-Api-Key',
    is: { kind: 'apiKey', role: 'Admin', name: 'tested', covers: true },
    credentials: async (world) => {
      const secret = await newKey(world, { scopes: ['*'] });
      return { headers: { 'x-api-key': secret }, secret };
    },
  },
  {
    name: 'API key, expired',
    is: nobody,
    credentials: async (world) => {
      const secret = await newKey(world, { scopes: ['*'], expiresAt: new Date(testTime + hour).toISOString() });
      world.subject.clock.now += hour;
      return bearer(secret);
    },
  },
  {
    name: 'API key, revoked',
    is: nobody,
    credentials: async (world) => {
      const secret = await newKey(world, { scopes: ['*'] });
      await revoke(world.subject, secret);
      return bearer(secret);
    },
  },
  {
    name: 'API key, one character wrong',
    is: nobody,
    credentials: async (world) => {
      const secret = await newKey(world, { scopes: ['*'] });
      return bearer(`${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`);
    },
  },
  {
    name: 'API key and token at once',
    is: nobody,
    credentials: async (world) => {
      const secret = await newKey(world, { scopes: ['*'] });
      return {
        ...bearer(world.seed.logins.admin.token),
        headers: { authorization: `Bearer ${world.seed.logins.admin.token}`, 'x-api-key': secret },
      };
    },
  },

  // The forge works: so each of those below is refused for the one thing that is wrong with it.
  forged('nothing wrong', { kind: 'user', role: 'Admin', name: 'admin' }, () => ({})),
  forged('expired', nobody, () => ({ claims: { exp: now - 60 } })),
  forged('not yet valid', nobody, () => ({ claims: { nbf: now + 3600 } })),
  forged('from the future', nobody, () => ({ claims: { iat: now + 3600 } })),
  forged('too old, whatever it says itself', nobody, () => ({ claims: { iat: now - 501 * 3600, exp: now + 3600 } })),
  forged('wrong issuer', nobody, () => ({ claims: { iss: 'another' } })),
  forged('wrong audience', nobody, () => ({ claims: { aud: 'another' } })),
  forged('our audience and another', nobody, () => ({ claims: { aud: ['sluice-management', 'another'] } })),
  forged('another kind of token', nobody, () => ({ header: { typ: 'JWT' } })),
  forged('another user', nobody, () => ({ claims: { sub: 'viewer' } })),
  forged('a session that never was', nobody, () => ({ claims: { sid: '0'.repeat(32) } })),
  forged('unknown kid', nobody, () => ({ header: { kid: '00000000-0000-4000-8000-000000000000' } })),
  forged('a kid that leads elsewhere', nobody, () => ({ header: { kid: '../../dev/null' } })),
  forged('no kid', nobody, () => ({ header: { kid: undefined } })),
  forged('another key under our kid', nobody, ({ otherKey }) => ({ key: otherKey })),
  forged('HS256 with the public key', nobody, ({ publicKey }) => ({ header: { alg: 'HS256' }, key: publicKey.raw })),
  forged('HS256 with the public JWK', nobody, ({ publicKey }) => ({ header: { alg: 'HS256' }, key: publicKey.jwk })),
  forged('HS256 with the public PEM', nobody, ({ publicKey }) => ({ header: { alg: 'HS256' }, key: publicKey.pem })),
  { name: 'token: alg none', is: nobody, credentials: ({ forge }) => bearer(forge.unsigned('')) },
  {
    name: 'token: alg none with a signature',
    is: nobody,
    credentials: ({ forge, seed }) => bearer(forge.unsigned(seed.logins.admin.token.split('.')[2] ?? '')),
  },
  changed('header'),
  changed('payload'),
  changed('signature'),
  { name: 'token: no token at all', is: nobody, credentials: () => bearer('nonsense') },
  { name: 'refresh token as token', is: nobody, credentials: ({ seed }) => bearer(seed.logins.admin.refreshToken) },

  {
    name: 'token in the query',
    is: nobody,
    credentials: ({ seed: { logins } }) => ({
      query: [['access_token', logins.admin.token]],
      secret: logins.admin.token,
    }),
  },
  {
    name: 'token in a cookie',
    is: nobody,
    credentials: ({ seed: { logins } }) => ({
      headers: { cookie: `token=${logins.admin.token}` },
      secret: logins.admin.token,
    }),
  },
  {
    name: 'Basic',
    is: nobody,
    credentials: () => ({ headers: { authorization: `Basic ${btoa('admin:correct horse battery staple')}` } }),
  },

  { name: 'join token', is: node, credentials: () => bearer(joinToken) },
  { name: 'join token, one character short', is: nobody, credentials: () => bearer(joinToken.slice(0, -1)) },
  {
    name: 'join token as X-Api-Key',
    is: nobody,
    credentials: () => ({ headers: { 'x-api-key': joinToken }, secret: joinToken }),
  },
];

const context = { actor: { kind: 'system', name: 'test' }, address: 'local', traceId: 'test' } as const;

function bearer(secret: string): Credentials {
  return { headers: { authorization: `Bearer ${secret}` }, secret };
}

function session(username: keyof Seed['logins'], is: Identity): Caller {
  return { name: `session: ${username}`, is, credentials: ({ seed }) => bearer(seed.logins[username].token) };
}

function forged(what: string, is: Identity, forgery: (forge: Forge) => Forgery): Caller {
  return { name: `token: ${what}`, is, credentials: async ({ forge }) => bearer(await forge.sign(forgery(forge))) };
}

function changed(part: 'header' | 'payload' | 'signature'): Caller {
  return {
    name: `token: tampered ${part}`,
    is: nobody,
    credentials: ({ seed }) => bearer(tampered(seed.logins.admin.token, part)),
  };
}

interface KeyScopes {
  readonly scope: string;
  readonly what: string;
  /** Another kind. */
  readonly other: string;
  /** To write what is to be read, or the other way round; of another kind where there is none. */
  readonly opposite: string;
}

const scopesThere: ReadonlySet<string | undefined> = new Set(operationList.map(({ scope }) => scope));

function apiKey(
  which: string,
  { role, scopes, covers }: { role: Role; scopes: (of: KeyScopes) => readonly string[]; covers: boolean },
): Caller {
  return {
    name: `API key ${which}`,
    is: { kind: 'apiKey', role, name: 'tested', covers },
    credentials: async (world) => {
      const { scope = 'routes:read' } = world.operation;
      const [what = '', half] = scope.split(':');
      const other = what === 'routes' ? 'backends' : 'routes';
      const turned = `${what}:${half === 'read' ? 'write' : 'read'}`;
      // Keys cannot change users and keys, so there is no scope for that.
      const isThere = scopesThere.has(turned) && !['users', 'api-keys'].includes(what);
      const opposite = isThere ? turned : `${other}:write`;
      return bearer(await newKey(world, { role, scopes: scopes({ scope, what, other, opposite }) }));
    },
  };
}

/** The key that an API has by now, and what was wanted of it. */
const made = new WeakMap<Subject, { readonly wanted: string; readonly key: string }>();

/** Makes a key, in place of another one; an API that has such a key keeps it. */
async function newKey(
  { subject }: CallerWorld,
  { role = 'Admin', scopes, expiresAt }: { role?: Role; scopes: readonly string[]; expiresAt?: string },
): Promise<string> {
  const wanted = { name: 'tested', role, scopes, expiresAt, owner: 'admin' };
  const text = JSON.stringify(wanted);
  const last = made.get(subject);
  if (last?.wanted === text) return last.key;
  if (last !== undefined) await revoke(subject, last.key);
  const { key } = await subject.access.apiKeys.create(wanted, context);
  if (key === undefined) throw new Error('the key was not shown');
  made.set(subject, { wanted: text, key });
  return key;
}

async function revoke(subject: Subject, key: string): Promise<void> {
  const [id = ''] = /[0-9a-f]{32}/.exec(key) ?? [];
  await subject.access.apiKeys.revoke(id, context);
  made.delete(subject);
}

/** Makes what all callers have in common. */
export function forgeFor({ logins, documents }: Seed): Promise<Forge> {
  return openForge(logins.admin.token, documents);
}
