/** A Redis address. */
export interface RedisAddress {
  readonly url: string;
  /** For logs and reports: without user and password. */
  readonly shown: string;
  readonly tls: boolean;
  /** Removes the password from a text, because some servers repeat a refused command with its password. */
  hide(text: string): string;
}

/** The address is not a Redis address. The message names the configuration key and not the value, which may contain a password. */
export class RedisAddressError extends Error {
  override readonly name = 'RedisAddressError';
}

/** Reads `redis://` and `rediss://` addresses (IANA provisional schemes). Throws a RedisAddressError. */
export function redisAddress(url: string): RedisAddress {
  // Not `new URL`, because its error contains the whole input.
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '' || !['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new RedisAddressError('redis.url: must be redis://HOST:PORT or rediss://HOST:PORT');
  }
  if (!isEncoded(parsed.username) || !isEncoded(parsed.password)) {
    throw new RedisAddressError('redis.url: user and password must be percent-encoded: % is written %25');
  }
  const database = parsed.pathname.replace(/^\/$/, '');
  if (!/^(?:\/\d+)?$/.test(database)) {
    throw new RedisAddressError('redis.url: what follows the host must be the number of a database, such as /0');
  }
  const port = parsed.port === '' ? '6379' : parsed.port;
  const shown = `${parsed.protocol}//${parsed.hostname}:${port}${database}`;
  return { url, shown, tls: parsed.protocol === 'rediss:', hide: (text) => hidden(text, parsed.password) };
}

function hidden(text: string, password: string): string {
  if (password === '') return text;
  return text.replaceAll(decodeURIComponent(password), '[hidden]').replaceAll(password, '[hidden]');
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}
