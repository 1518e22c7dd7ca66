import type { JwtMethodConfig } from '@sluice/model';
import type { AuthenticationOutcome, Declined } from '../method.ts';
import { checkClaims } from './check-claims.ts';
import { identityIn } from './identity-in.ts';
import type { KeySet } from './key-set.ts';
import type { KeySource } from './key-source.ts';
import { readToken } from './token.ts';
import type { Token } from './token.ts';
import type { TokenCache, VerifiedToken } from './token-cache.ts';
import { signerOf } from './verify.ts';

/** What judging needs besides the settings of the method. */
export interface JudgeParts {
  readonly source: KeySource;
  readonly tokens: TokenCache;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const expired: AuthenticationOutcome = { refused: 'the token has expired' };
const early: AuthenticationOutcome = { refused: 'the token is not valid yet' };
const unsigned: AuthenticationOutcome = { refused: 'the signature is not that of the key' };
const unknownKey: AuthenticationOutcome = { refused: 'the token is signed by an unknown key' };
const withoutKeys: AuthenticationOutcome = { unavailable: 'the keys that verify tokens cannot be had' };
const otherIssuer: Declined = { declined: 'the token is of another issuer' };
const otherAlgorithm: Declined = { declined: 'the algorithm of the token is not accepted' };

type Outcome = AuthenticationOutcome | Declined;

/** Judges the tokens of one method. */
export class TokenJudge {
  readonly #config: JwtMethodConfig;
  readonly #parts: JudgeParts;
  /** Tokens that are being verified: requests with the same one wait together. */
  readonly #pending = new Map<string, Promise<AuthenticationOutcome>>();

  constructor(config: JwtMethodConfig, parts: JudgeParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** What a token is worth. It is synchronous for one that was verified before. */
  outcomeOf(text: string): Outcome | Promise<AuthenticationOutcome> {
    const known = this.#parts.tokens.get(text);
    const outcome = known === undefined ? undefined : this.#judge(known);
    return outcome ?? this.#pending.get(text) ?? this.#begin(text);
  }

  /** The same with the keys that are there; undefined if others would be asked for. */
  peek(text: string): Outcome | Promise<AuthenticationOutcome> | undefined {
    const known = this.#parts.tokens.get(text);
    const outcome = known === undefined ? undefined : this.#judge(known);
    if (outcome !== undefined) return outcome;
    const token = readToken(text);
    if (typeof token === 'string') return { declined: token };
    return this.#foreign(token) ?? (isAmong(this.#parts.source.keys, token) ? this.#verify(token) : undefined);
  }

  /** Undefined if the keys of this method have not verified the token. */
  #judge(known: VerifiedToken): Outcome | undefined {
    const { keys } = this.#parts.source;
    const { judgement, token } = known;
    if (judgement?.judge === this && judgement.keys === keys) {
      const now = this.#parts.now();
      if (now >= judgement.until) return expired;
      return now < judgement.from ? early : judgement.outcome;
    }
    const foreign = this.#foreign(token);
    if (foreign !== undefined) return foreign;
    if (keys?.has(known.keyId, token.algorithm) !== true) return undefined;
    const validity = checkClaims(token, this.#config);
    if (typeof validity === 'string') return { refused: validity };
    const { issuer, claims: names } = this.#config;
    const outcome = { identity: identityIn(token.claims, names, issuer ?? this.#parts.source.name) };
    known.judgement = { judge: this, keys, outcome, ...validity };
    return this.#judge(known);
  }

  /** A token for another method of the route, going by what it says of itself. */
  #foreign({ algorithm, claims }: Token): Declined | undefined {
    const { algorithms, issuer } = this.#config;
    if (!algorithms.some((accepted) => accepted === algorithm)) return otherAlgorithm;
    return issuer !== undefined && claims['iss'] !== issuer ? otherIssuer : undefined;
  }

  #begin(text: string): Declined | Promise<AuthenticationOutcome> {
    // A copy: the text is a part of the request's head, all of which would be kept with it.
    const token = readToken(Buffer.from(text, 'latin1').toString('latin1'));
    if (typeof token === 'string') return { declined: token };
    const foreign = this.#foreign(token);
    if (foreign !== undefined) return foreign;
    const outcome = this.#verify(token).finally(() => this.#pending.delete(token.text));
    this.#pending.set(token.text, outcome);
    return outcome;
  }

  async #verify(token: Token): Promise<AuthenticationOutcome> {
    const keys = await this.#keysFor(token);
    if (!('candidates' in keys)) return keys;
    const signer = await signerOf(token, keys);
    if (signer === undefined) return unsigned;
    const verified = { token, keyId: signer.id, judgement: undefined };
    const outcome = this.#judge(verified);
    // A key that was removed meanwhile has signed nothing any more.
    if (outcome === undefined || 'declined' in outcome) return unknownKey;
    // Only good ones: whoever has many old tokens must not push them out.
    if ('identity' in outcome) this.#parts.tokens.put(verified);
    return outcome;
  }

  /** The keys, with one that may have signed the token among them; they are fetched for it if that makes sense. */
  async #keysFor(token: Token): Promise<KeySet | AuthenticationOutcome> {
    const { source } = this.#parts;
    const { fetched } = source;
    if (isAmong(source.keys, token)) return source.keys;
    const name = token.keyName ?? '';
    const wasAsked = await fetched?.ask(name);
    const { keys } = source;
    if (keys === undefined) return withoutKeys;
    if (isAmong(keys, token)) return keys;
    if (fetched?.isAway === true) return withoutKeys;
    if (wasAsked === true) fetched?.remember(name);
    return unknownKey;
  }
}

function isAmong(keys: KeySet | undefined, { algorithm, keyName }: Token): keys is KeySet {
  return keys !== undefined && keys.candidates(algorithm, keyName).length > 0;
}
