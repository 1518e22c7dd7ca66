import type { JwtMethodConfig } from '@sluice/model';
import { bearerChallenge } from '../challenge.ts';
import type { AuthenticationMethod } from '../method.ts';
import type { KeptParts } from '../../kept-parts.ts';
import { KeySource } from './key-source.ts';
import type { KeyPlaces } from './key-source.ts';
import { TokenCache } from './token-cache.ts';
import { TokenJudge } from './token-judge.ts';
import { many, nameOfPlace, tokenPlace } from './token-place.ts';

/** What the methods of a worker share. */
export interface JwtContext {
  readonly tokens: TokenCache;
  readonly places: KeyPlaces;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the methods of a worker share, with these files and the key sets that are fetched. */
export function jwtContext(places: KeyPlaces, parts: KeptParts): JwtContext {
  return { tokens: parts.of('jwt tokens', '', () => new TokenCache()), places, now: Date.now };
}

/** The method jwt: a token that a known key has signed, and whose claims are as the configuration wishes. */
export function jwt(
  config: JwtMethodConfig,
  { tokens, places, now }: JwtContext,
  parts: KeptParts,
): AuthenticationMethod {
  const { jwksUrl, caFile, publicKeyFile, secretFile, secret, algorithms } = config;
  const keys = { jwksUrl, caFile, publicKeyFile, secretFile, secret, algorithms };
  const source = parts.of('jwt keys', keys, () => new KeySource(keys, places));
  const find = tokenPlace(config);
  const judge = new TokenJudge(config, { source, tokens, now });
  return {
    type: 'jwt',
    place: nameOfPlace(config),
    identify(request) {
      const text = find(request);
      if (text === undefined) return undefined;
      return text === many ? { refused: 'several tokens were sent' } : judge.outcomeOf(text);
    },
    explain(request) {
      const text = find(request);
      if (text === undefined) return undefined;
      if (text === many) return { refused: 'several tokens were sent' };
      return judge.peek(text) ?? { unasked: 'the keys that may have signed the token would be asked for' };
    },
    challenge: bearerChallenge,
  };
}
