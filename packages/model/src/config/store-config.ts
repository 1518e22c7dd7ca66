import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { suggestion } from '../values/nearest.ts';
import { isOneLine } from '../values/text.ts';

const storeKinds = 'sqlite:PATH, memory:, postgres://… or mongodb://…';
/** Schemes that people may try; only these are named in a problem, since anything else might be part of a secret. */
const otherSchemes = new Set([
  'mysql',
  'mariadb',
  'mssql',
  'sqlserver',
  'oracle',
  'redis',
  'rediss',
  'http',
  'https',
  'file',
]);
const storeSchemes = ['sqlite', 'memory', 'postgres', 'postgresql', 'mongodb', 'mongodb+srv'];

/** Schema of the store. */
export const storeConfig = z
  .strictObject({
    url: z
      .string()
      .max(4096)
      .superRefine(refuse(storeProblem))
      .default('sqlite:.sluice/sluice.db')
      .meta({ secret: true })
      .describe(
        'Where configuration, users and history are kept: sqlite:PATH, postgres://…, mongodb://…, or memory: (lost at the end).',
      ),
  })
  .prefault({})
  .describe('The store of the control plane.');

/** Schema of the connection to Redis. */
export const redisConfig = z
  .strictObject({
    url: z
      .string()
      .max(4096)
      .superRefine(refuse(redisProblem))
      .meta({ secret: true })
      .describe('redis:// or rediss:// address, with the password if there is one.'),
    prefix: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'expected up to 64 letters, digits, _, ., : or -')
      .default('sluice:')
      .describe(
        'What the names of all keys and channels begin with: another one for each installation on the same Redis.',
      ),
    timeout: duration(5, 10_000)
      .prefault('100ms')
      .describe('The longest that a request waits for Redis; if an answer takes longer, Redis counts as away.'),
  })
  .describe(
    'Redis, in which nodes count limits of scope global, and by which several control processes find each other and announce changes.',
  );

/** Where the control plane keeps its data; the address may hold a password. */
export type StoreConfig = z.output<typeof storeConfig>;
/** The connection to Redis; the address may hold a password. */
export type RedisConfig = z.output<typeof redisConfig>;

function refuse(problemOf: (text: string) => string | undefined) {
  return (text: string, context: z.RefinementCtx): void => {
    const wrong = problemOf(text);
    if (wrong !== undefined) context.addIssue(wrong);
    else if (!isOneLine(text)) context.addIssue('expected one line without control characters');
  };
}

function storeProblem(url: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  if (otherSchemes.has(scheme)) return `${scheme} is not supported: expected ${storeKinds}`;
  if (!storeSchemes.includes(scheme)) return `expected ${storeKinds}${suggestedScheme(scheme)}`;
  const rest = url.slice(scheme.length + 1);
  if (scheme === 'memory') return rest === '' ? undefined : 'nothing may follow memory:';
  if (scheme === 'sqlite') return rest === '' ? 'expected the path of a file after sqlite:' : undefined;
  // Several hosts may be given, so this is not an address by the rules of the URL standard.
  return /^\/\/\S+$/.test(rest) ? undefined : `expected ${scheme}://, then host and database, without spaces`;
}

/** A suggestion for a mistyped scheme, which does not repeat what was written. */
function suggestedScheme(scheme: string): string {
  return scheme === '' ? '' : suggestion(scheme, storeSchemes);
}

function redisProblem(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isRedis = parsed?.protocol === 'redis:' || parsed?.protocol === 'rediss:';
  return isRedis && parsed.hostname !== '' ? undefined : 'expected redis://HOST:PORT, or rediss://… for TLS';
}
