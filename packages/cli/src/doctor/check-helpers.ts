import { messageOf } from '@sluice/service';
import type { AddressAnswer } from './ask-address.ts';
import { isGateway } from './check.ts';
import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';
import { helpersOf } from './helpers-of.ts';
import type { Helper } from './helpers-of.ts';

const dayMs = 86_400_000;
/** Whoever renews certificates does so earlier. */
const soonMs = 14 * dayMs;

/** Whether the servers that policies ask about callers can be reached, and answer what is expected of them. */
export async function checkHelpers(input: CheckInput): Promise<Finding[]> {
  if (!isGateway(input)) return [];
  const found = await Promise.all(helpersOf(input.config.routes).map((helper) => checkHelper(helper, input)));
  return found.flat();
}

/** The same for one of them. */
export async function checkHelper(
  helper: Helper,
  { probes, cwd }: Pick<CheckInput, 'probes' | 'cwd'>,
): Promise<Finding[]> {
  const { kind, url, caFile, routes } = helper;
  // Its query may hold a secret.
  const shown = `${url.split('?', 1)[0]} (${kind} of ${routes.slice(0, 3).join(', ')}${routes.length > 3 ? ', …' : ''})`;
  try {
    const answer = await probes.askHelper(url, caFile, cwd);
    return [judge(shown, helper, answer), ...certificateFindings(shown, answer, probes.wallClock())];
  } catch (error) {
    const trust = url.startsWith('https:') ? `, its certificate and ${caFile ?? 'caFile'}` : '';
    const advice = `check that it runs, its address, the network${trust}: ${consequence[kind]}`;
    return [fail(`${shown} cannot be reached: ${messageOf(error)}`, advice)];
  }
}

const consequence = {
  jwksUrl: 'until its keys are there, tokens are answered with 503',
  introspection: 'while it is away, tokens are answered with 503',
  external: 'while it is away, onError decides about requests',
  oidc: 'while it is away, nobody can log in',
} as const;

function judge(shown: string, helper: Helper, { status, body }: AddressAnswer): Finding {
  if (helper.kind === 'introspection' || helper.kind === 'external') {
    return status >= 500
      ? warn(`${shown} answers ${status} to a question without credentials`, 'look into its log')
      : ok(`${shown} can be reached`);
  }
  if (status !== 200) return fail(`${shown} answers ${status} instead of 200`, 'check the address');
  return helper.kind === 'oidc' ? judgeMetadata(shown, helper, body) : judgeKeys(shown, helper, body);
}

/** The metadata of OpenID Connect Discovery 1.0 §4.3: it has to name the issuer that it was asked of. */
function judgeMetadata(shown: string, { url }: Helper, body: string): Finding {
  const { issuer } = objectIn(body);
  const expected = url.slice(0, -'/.well-known/openid-configuration'.length);
  if (typeof issuer === 'string' && issuer.replace(/\/$/, '') === expected)
    return ok(`${shown} answers as this issuer`);
  return fail(
    `${shown} does not answer as the issuer ${expected}`,
    'write issuer exactly as the provider names itself',
  );
}

/** A key set of RFC 7517. */
function judgeKeys(shown: string, { algorithms }: Helper, body: string): Finding {
  const { keys } = objectIn(body);
  if (!Array.isArray(keys)) return fail(`${shown} does not answer a key set`, 'check jwksUrl: a key set has "keys"');
  const missing = algorithms.filter((algorithm) => !keys.some((key: unknown) => serves(key, algorithm)));
  if (missing.length === 0) return ok(`${shown} answers ${keys.length === 1 ? '1 key' : `${keys.length} keys`}`);
  const message = `${shown} has no key for ${missing.join(', ')}`;
  const advice = 'name the algorithms that the issuer signs with: algorithms of the method';
  return missing.length === algorithms.length ? fail(message, advice) : warn(message, advice);
}

const families: readonly (readonly [RegExp, string])[] = [
  [/^(?:RS|PS)/, 'RSA'],
  [/^ES/, 'EC'],
  [/^(?:EdDSA|Ed)/, 'OKP'],
];

/** A key without `alg` serves every algorithm of its type (RFC 7517 §4.4). */
function serves(key: unknown, algorithm: string): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, alg, use } = key as Readonly<Record<string, unknown>>;
  if (use !== undefined && use !== 'sig') return false;
  return alg === undefined
    ? families.some(([names, type]) => names.test(algorithm) && kty === type)
    : alg === algorithm;
}

function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {}; // no JSON: what is looked for is missing, which is the finding
  }
}

function certificateFindings(shown: string, { certificateEnds }: AddressAnswer, now: number): Finding[] {
  if (certificateEnds === undefined || certificateEnds - now > soonMs) return [];
  const days = Math.max(0, Math.floor((certificateEnds - now) / dayMs));
  const left = `the certificate of ${shown} ends in ${days === 1 ? '1 day' : `${days} days`}`;
  return [warn(left, 'have it renewed: from then on nobody is let in by it')];
}
