import { isIPv4 } from 'node:net';

/** An address of control cannot be used. The message never repeats the address, which might hold a password. */
export class ControlUrlError extends Error {
  override readonly name = 'ControlUrlError';
}

export interface ControlUrlOptions {
  /** Whether the node sends a join token. */
  readonly hasToken: boolean;
  /** Allows the token and the configuration to travel in plain text between machines. */
  readonly allowPlainHttp: boolean;
}

/**
 * Reads the addresses of control. Throws a ControlUrlError that names the wrong one: it is not http or https, it has
 * credentials, a query or a fragment, or it would send the token to another machine in plain text.
 */
export function readControlUrls(urls: readonly string[], options: ControlUrlOptions): URL[] {
  if (urls.length === 0) throw new ControlUrlError('node.controlUrls: at least one address is needed');
  return urls.map((text, index) => readControlUrl(text, `node.controlUrls[${index}]`, options));
}

/** Whether an address is plain http to another machine. */
export function isExposed({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !isLoopback(hostname);
}

function readControlUrl(text: string, where: string, { hasToken, allowPlainHttp }: ControlUrlOptions): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ControlUrlError(`${where}: expected an address such as https://control.internal:5000`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ControlUrlError(`${where}: an address may not hold credentials: use node.joinToken`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ControlUrlError(`${where}: an address may not have a query or a fragment`);
  }
  if (hasToken && isExposed(url) && !allowPlainHttp) {
    throw new ControlUrlError(
      `${where}: the join token is not sent in plain text to another machine: use https (management.tls on the control side)`,
    );
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
