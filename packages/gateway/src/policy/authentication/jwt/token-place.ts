import type { JwtMethodConfig } from '@sluice/model';
import type { PolicyRequest } from '../../policy.ts';
import { parametersNamed } from '../../query-parameters.ts';

/** A request has several tokens. */
export const many = Symbol('many');

/** Finds the token of a request; undefined if it has none. */
export type FindToken = (request: PolicyRequest) => string | undefined | typeof many;

type Place = Pick<JwtMethodConfig, 'header' | 'cookie' | 'query'>;

/** The place of a token in one word, equal for methods that look at the same one. */
export function nameOfPlace({ header = 'authorization', cookie, query }: Place): string {
  if (cookie !== undefined) return `cookie ${cookie}`;
  return query === undefined ? `header ${header.toLowerCase()}` : `query ${query.toLowerCase()}`;
}

/** How the token of a request is found. Of several, nobody knows which one counts: a backend may read another. */
export function tokenPlace({ header, cookie, query }: Place): FindToken {
  if (cookie !== undefined) return (request) => inCookie(request, `${cookie}=`);
  if (query !== undefined) return (request) => oneOf(parametersNamed(request.query, query));
  const name = (header ?? 'authorization').toLowerCase();
  // Other schemes in Authorization are for other methods (RFC 9110 §11.4); another header may have the token alone.
  const mayBeAlone = name !== 'authorization';
  return (request) => {
    const value = request.header(name);
    if (value === undefined) return undefined;
    if (request.isRepeated(name)) return many;
    return afterBearer(value) ?? (mayBeAlone ? value : undefined);
  };
}

/** RFC 6750 §2.1; the scheme has no case, and spaces follow it. */
function afterBearer(value: string): string | undefined {
  if (value.startsWith('Bearer ') && value.charCodeAt(7) !== space) return value.slice(7);
  const scheme = /^bearer(?: +|$)/i.exec(value)?.[0];
  return scheme === undefined ? undefined : value.slice(scheme.length);
}

const space = 32;

function inCookie(request: PolicyRequest, prefix: string): ReturnType<FindToken> {
  const pairs = request.header('cookie')?.split(';') ?? [];
  const found = oneOf(pairs.map((pair) => pair.trim()).filter((pair) => pair.startsWith(prefix)));
  // RFC 6265 §5.4: clients send one field.
  if (request.isRepeated('cookie')) return many;
  return typeof found === 'string' ? found.slice(prefix.length) : found;
}

function oneOf(values: readonly string[]): ReturnType<FindToken> {
  return values.length > 1 ? many : values[0];
}
