import type { AuthenticationConfig } from '@sluice/model';
import { takeOff } from './authentication/methods.ts';
import { takeOffCookies } from './authentication/oidc/cookies.ts';
import { fieldsOf, namesOf } from './identity-headers.ts';
import { forecastOf } from './forecast.ts';
import type { Policy, PolicyAnswer, PolicyRequest } from './policy.ts';

/** The longest value. A backend must not take a part of it for the whole, so a longer one is refused. */
const longestValue = 4096;

/**
 * Tells backends who sends a request, in headers that clients cannot set, and takes credentials off that are for the gateway
 * alone. It does the same for the headers and credentials of `other`: while a deployment runs, what the gateway vouches for in one
 * version must not be believed when a client sends it to the other. With `hasLogins`, the browsers of people who log in at another
 * route of the same host send their sessions here as well, and a backend that had one could be that person. Undefined if there
 * is nothing to do.
 */
export function forwardedIdentity(
  own: AuthenticationConfig | undefined,
  other?: AuthenticationConfig,
  hasLogins = false,
): Policy | undefined {
  const both = [own, other].filter((config) => config !== undefined);
  const names = namesOf(both);
  const takeOffs = new Set(both.flatMap(({ methods }) => methods.map(takeOff)).filter((take) => take !== undefined));
  if (hasLogins) takeOffs.add(takeOffCookies);
  if (names.size === 0 && takeOffs.size === 0) return undefined;
  const fields = own === undefined ? [] : fieldsOf(own.forward);
  const tell = (request: PolicyRequest): PolicyAnswer | undefined => {
    for (const take of takeOffs) take(request);
    for (const name of names) request.removeHeader(name);
    const { identity } = request;
    if (identity === undefined) return undefined;
    for (const [name, value] of identity.forwards ?? []) if (value !== '') request.setHeader(name, value);
    for (const [name, read] of fields) {
      const value = headerValueOf(read(identity));
      if (value === '') continue;
      if (value.length > longestValue)
        return { error: 'UNAUTHORIZED', reason: `the value for ${name} is longer than ${longestValue} characters` };
      request.setHeader(name, value);
    }
    return undefined;
  };
  return {
    name: 'forwardedIdentity',
    stage: 'transform',
    onRequest: tell,
    explain: (request) => forecastOf(tell(request), 'backends are told who sends the request, and get no credentials'),
  };
}

/** Texts, numbers and truth values as they are, lists of them with commas, and all else as JSON. */
function headerValueOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (!Array.isArray(value)) return encoded(textOf(value));
  return value.map((item) => encoded(textOf(item)).replaceAll(',', '%2C')).join(',');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Printable ASCII as it is, and all else as percent-encoded UTF-8, so that no value can end its header or begin another. The
 * percent sign is encoded as well: two values never look the same. So is a space at either end, which would be cut off.
 */
function encoded(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\x20-\x24\x26-\x7e]|^ | $/gu, (character) =>
      character === ' ' ? '%20' : encodeURIComponent(character),
    );
}
