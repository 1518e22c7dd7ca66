import { strictJson } from './strict-json.ts';

/** A token as it was sent. Nothing in it is to be believed before its signature is verified. */
export interface Token {
  readonly text: string;
  readonly algorithm: string;
  /** Names a key among those that are known; never a place to take one from. */
  readonly keyName: string | undefined;
  readonly type: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Longer ones are not even looked into. */
export const longestToken = 8 * 1024;

const longestKeyName = 512;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a token in the compact form (RFC 7515 §7.1). Returns what is wrong with it, without repeating any of it. */
export function readToken(text: string): Token | string {
  if (text.length > longestToken) return 'the token is too long';
  const parts = text.split('.', 6);
  if (parts.length === 5) return 'the token is encrypted';
  if (parts.length !== 3) return notAToken;
  const [header, claims] = [objectIn(parts[0]), objectIn(parts[1])];
  if (header === undefined || claims === undefined || (parts[2] !== '' && bytesOf(parts[2]) === undefined))
    return notAToken;
  const { alg, kid, typ, crit, b64, cty } = header;
  if (typeof alg !== 'string') return notAToken;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > longestKeyName)) return notAToken;
  if (typ !== undefined && typeof typ !== 'string') return notAToken;
  // RFC 7515 §4.1.11: what is critical and not understood has to be refused. Nothing beyond the usual is understood.
  if (crit !== undefined || b64 !== undefined) return 'the token needs an extension (crit)';
  if (typeof cty === 'string' && /jwt$/i.test(cty)) return 'the token holds another one';
  // `jwk`, `jku`, `x5u`, `x5c` and the like are never read: keys come from the configuration (RFC 8725 §3.10).
  return { text, algorithm: alg, keyName: kid, type: typ, claims };
}

const notAToken = 'the token is malformed';

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = bytesOf(part);
  if (bytes === undefined) return undefined;
  try {
    const value = strictJson(utf8.decode(bytes));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Neither UTF-8 nor JSON: the client sent it.
    return undefined;
  }
}

/** Only the one spelling of these bytes: with others, what is refused by its text could come again. */
function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined;
}
