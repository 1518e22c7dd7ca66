import { isIPv4 } from 'node:net';

/** An address of control that cannot be used; the message never repeats it, since it might hold a password. */
export class ControlUrlError extends Error {
  override readonly name = 'ControlUrlError';
}

/** What an address has to go with. */
export interface ControlUrlOptions {
  /** Whether a join token will be sent to it. */
  readonly hasToken: boolean;
  /** Lets the token, and the configuration, travel in plain text to other machines. */
  readonly allowPlainHttp: boolean;
}

/**
 * Reads the addresses of control. Throws a ControlUrlError that names the one that is wrong: not http or https, with
 * credentials, a query or a fragment, or plain http to another machine, where everybody on the way could read the token.
 */
export function readControlUrls(urls: readonly string[], options: ControlUrlOptions): URL[] {
  if (urls.length === 0) throw new ControlUrlError('node.controlUrls: at least one address is needed');
  return urls.map((text, index) => readControlUrl(text, `node.controlUrls[${index}]`, options));
}

/** Whether it is plain http to another machine. */
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
