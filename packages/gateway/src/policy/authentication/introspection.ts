import type { IntrospectionMethodConfig } from '@sluice/model';
import { createHash } from 'node:crypto';
import { AnswerCache } from '../helper/answer-cache.ts';
import type { Helper } from '../helper/helper.ts';
import { HelperError } from '../helper/helper-error.ts';
import type { HelperAnswer, Question } from '../helper/send-question.ts';
import type { Identity, PolicyRequest } from '../policy.ts';
import type { Secret } from '../secret-texts.ts';
import { bearerChallenge } from './challenge.ts';
import { checkClaims } from './jwt/check-claims.ts';
import { identityIn } from './jwt/identity-in.ts';
import { strictJson } from './jwt/strict-json.ts';
import { many, nameOfPlace, tokenPlace } from './jwt/token-place.ts';
import type { AuthenticationMethod, AuthenticationOutcome } from './method.ts';

export interface IntrospectionContext {
  readonly helper: Pick<Helper, 'ask'>;
  /** The secret of the client; undefined if the endpoint wants none. */
  readonly secret: Secret | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the endpoint said about a token, and how long that is kept. */
interface KnownToken {
  readonly outcome: AuthenticationOutcome;
  readonly until: number;
  readonly weight: number;
}

const longestToken = 16 * 1024;
/** The largest answer in bytes. */
export const longestIntrospection = 16 * 1024;
/** How long it is kept that a token is not active: it may be new, and not known yet at the endpoint; in milliseconds. */
const refusalMs = 5_000;
/** By worker. Bad tokens have a room of their own: whoever makes them up does not push good ones out. */
const good = { entries: 20_000, weight: 16 * 1024 * 1024 };
const bad = { entries: 2_000, weight: 2_000 };

/**
 * The method introspection: its issuer is asked about a token (RFC 7662). Requests that bring the same token at a time ask once,
 * and answers are kept by the digest of the token.
 */
export function introspection(known: KnownTokens): AuthenticationMethod {
  const place = { header: undefined, cookie: undefined, query: undefined };
  const find = tokenPlace(place);
  const tokenOf = (request: PolicyRequest): string | { readonly refused: string } | undefined => {
    const token = find(request);
    if (token === undefined) return undefined;
    if (token === many) return { refused: 'several tokens were sent' };
    return token.length > longestToken || !tokenForm.test(token) ? { refused: 'the token is malformed' } : token;
  };
  return {
    type: 'introspection',
    place: nameOfPlace(place),
    identify(request) {
      const token = tokenOf(request);
      return typeof token === 'string' ? known.outcomeOf(token, request) : token;
    },
    explain(request) {
      const token = tokenOf(request);
      return typeof token === 'string' ? { unasked: 'the introspection endpoint would be asked' } : token;
    },
    challenge: bearerChallenge,
  };
}

const usualClaims = { organization: 'organization', tier: 'tier', roles: 'roles', permissions: 'permissions' };
/** RFC 6750 §2.1. */
const tokenForm = /^[A-Za-z0-9._~+/-]+=*$/;

/** What is known of tokens, and the questions under way. It outlives swaps that leave the method as it is. */
export class KnownTokens {
  readonly #config: IntrospectionMethodConfig;
  readonly #context: IntrospectionContext;
  readonly #good = new AnswerCache<AuthenticationOutcome>(good);
  readonly #bad = new AnswerCache<AuthenticationOutcome>(bad);
  readonly #asking = new Map<string, Promise<AuthenticationOutcome>>();

  constructor(config: IntrospectionMethodConfig, context: IntrospectionContext) {
    this.#config = config;
    this.#context = context;
  }

  outcomeOf(token: string, request: PolicyRequest): AuthenticationOutcome | Promise<AuthenticationOutcome> {
    const key = createHash('sha256').update(token).digest('base64');
    const now = this.#context.now();
    const known = this.#good.get(key, now) ?? this.#bad.get(key, now) ?? this.#asking.get(key);
    if (known !== undefined) return known;
    const asking = this.#ask(token, request).then((answered) => this.#keep(key, answered));
    this.#asking.set(key, asking);
    return asking.finally(() => this.#asking.delete(key));
  }

  async #ask(token: string, request: PolicyRequest): Promise<KnownToken> {
    const { helper, secret, now } = this.#context;
    const { clientId } = this.#config;
    if (clientId !== undefined && secret?.text === undefined)
      return unavailable('the secret of the client cannot be read');
    try {
      const answer = await helper.ask(questionFor(token, this.#config, secret?.text), request);
      return knownTokenIn(answer, this.#config, now());
    } catch (error) {
      if (error instanceof HelperError) return unavailable(error.message);
      throw error;
    }
  }

  #keep(key: string, { outcome, until, weight }: KnownToken): AuthenticationOutcome {
    const cache = 'identity' in outcome ? this.#good : this.#bad;
    if (until > this.#context.now()) cache.put(key, outcome, { until, weight });
    return outcome;
  }
}

function unavailable(reason: string): KnownToken {
  return { outcome: { unavailable: reason }, until: 0, weight: 0 };
}

type Client = Pick<IntrospectionMethodConfig, 'url' | 'clientId' | 'clientAuthentication'>;

function questionFor(token: string, { url, clientId, clientAuthentication }: Client, secret = ''): Question {
  const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (clientId !== undefined && clientAuthentication === 'basic') headers['authorization'] = basic(clientId, secret);
  else if (clientId !== undefined) {
    body.set('client_id', clientId);
    body.set('client_secret', secret);
  }
  return { url: new URL(url), method: 'POST', headers, body: body.toString() };
}

/** RFC 6749 §2.3.1: both are form-encoded before they become a user and a password. */
function basic(clientId: string, secret: string): string {
  const [id, password] = [clientId, secret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;
}

function knownTokenIn({ status, body }: HelperAnswer, config: IntrospectionMethodConfig, now: number): KnownToken {
  if (status !== 200) return unavailable(`the endpoint answered with status ${status}`);
  const claims = claimsIn(body);
  if (claims === undefined) return unavailable('the endpoint did not answer as RFC 7662 says');
  const refused = (reason: string): KnownToken => ({
    outcome: { refused: reason },
    until: now + Math.min(refusalMs, config.cacheFor),
    weight: 1,
  });
  if (claims['active'] === false) return refused('the token is not active');
  const { issuer, audience, clockTolerance } = config;
  const validity = checkClaims(
    { type: undefined, claims },
    { issuer, audience, clockTolerance, requiredClaims: [], typ: undefined },
  );
  if (typeof validity === 'string') return refused(validity);
  if (now < validity.from) return refused('the token is not valid yet');
  if (now >= validity.until) return refused('the token has expired');
  return {
    outcome: { identity: identityOf(claims, config) },
    until: Math.min(now + config.cacheFor, validity.until),
    weight: body.length * 4,
  };
}

/** Undefined for anything but an object that says whether the token is active. */
function claimsIn(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = strictJson(body.toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const claims = value as Readonly<Record<string, unknown>>;
    return typeof claims['active'] === 'boolean' ? claims : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A token without subject is named by its user, or by its client (RFC 7662 §2.2). */
function identityOf(claims: Readonly<Record<string, unknown>>, { url, issuer }: IntrospectionMethodConfig): Identity {
  const { sub = claims['username'], iss } = claims;
  const authority = typeof iss === 'string' ? iss : (issuer ?? new URL(url).origin);
  return { ...identityIn({ ...claims, sub }, usualClaims, authority), method: 'introspection' };
}
