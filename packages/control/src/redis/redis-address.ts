/** A Redis address in the parts that matter; `shown` carries no user and no password. */
export interface RedisAddress {
  readonly url: string;
  /** What logs and reports may say. */
  readonly shown: string;
  readonly tls: boolean;
  /** Takes the password out of a text: some servers repeat the command that they refuse, and so the password. */
  hide(text: string): string;
}

/** The address is no Redis address. Names the configuration key, never the value: that may hold a password. */
export class RedisAddressError extends Error {
  override readonly name = 'RedisAddressError';
}

/** Reads `redis://` and `rediss://` addresses (IANA provisional schemes). Throws a RedisAddressError. */
export function redisAddress(url: string): RedisAddress {
  // Not `new URL` in a try: its error carries the whole input.
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
