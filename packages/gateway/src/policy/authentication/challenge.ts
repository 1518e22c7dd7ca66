/** Challenges for `WWW-Authenticate` (RFC 9110 §11.6.1). */

/** What every challenge of the gateway names as its protection space. */
const realm = 'api';

/** A challenge with these parameters besides the realm, each as a quoted string. */
export function challengeOf(scheme: string, parameters: Readonly<Record<string, string>>): string {
  const fields = Object.entries({ realm, ...parameters }).map(([name, value]) => `${name}="${quotable(value)}"`);
  return `${scheme} ${fields.join(', ')}`;
}

/** The challenge for bearer tokens (RFC 6750 §3): it has an error only when there was a token. */
export function bearerChallenge(refused: string | undefined): string {
  if (refused === undefined) return challengeOf('Bearer', {});
  return challengeOf('Bearer', { error: 'invalid_token', error_description: refused });
}

/** RFC 6750 §3 allows less than a quoted string: printable ASCII without quote and backslash. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'").slice(0, 200);
}
