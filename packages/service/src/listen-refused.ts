import { codeOf } from './caught-error.ts';

/** An address of this process, and the configuration key of its port, such as `proxy.port`. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  readonly key: string;
}

/** The system does not let this process listen on an address, although nobody else listens there. */
export class ListenRefusedError extends Error {
  override readonly name = 'ListenRefusedError';
  /** The reason, without the address. */
  readonly reason: string;
  readonly advice: string;

  constructor({ host, port, key }: ListenPlace, { reason, advice }: Refusal, cause: unknown) {
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    super(`${key}: cannot listen on ${place}: ${reason} (${codeOf(cause)}); ${advice}`, { cause });
    this.reason = reason;
    this.advice = advice;
  }
}

interface Refusal {
  readonly reason: string;
  readonly advice: string;
}

/** The error of the system as a ListenRefusedError that says what to do; any other error as it is. */
export function explainListenError(error: unknown, place: ListenPlace): Error {
  const refusal = refusals[codeOf(error) ?? '']?.(place);
  return refusal === undefined ? (error as Error) : new ListenRefusedError(place, refusal, error);
}

const noSuchHost = ({ host, key }: ListenPlace): Refusal => ({
  reason: `this machine cannot resolve the name ${host}`,
  advice: `set ${hostKey(key)} to an IP address of this machine, or to 0.0.0.0 or :: for all of them`,
});
const noSuchAddress = ({ key }: ListenPlace): Refusal => ({
  reason: 'this machine does not have that address',
  advice: `set ${hostKey(key)} to an address of this machine, or to 0.0.0.0 or :: for all of them`,
});
const tooManyFiles = (): Refusal => ({
  reason: 'too many files and connections are open',
  advice: 'raise the limit of open files (ulimit -n, LimitNOFILE)',
});

const refusals: Readonly<Record<string, (place: ListenPlace) => Refusal>> = {
  EACCES: ({ key }) => ({
    reason: 'this user may not use ports below 1024',
    advice: `set ${key} to 1024 or more, or give the process CAP_NET_BIND_SERVICE`,
  }),
  EADDRNOTAVAIL: noSuchAddress,
  EINVAL: noSuchAddress,
  EAFNOSUPPORT: ({ key, host }) => ({
    reason: `this machine has no ${host.includes(':') ? 'IPv6' : 'IPv4'}`,
    advice: `set ${hostKey(key)} to ${host.includes(':') ? '127.0.0.1 or 0.0.0.0' : '::1 or ::'}`,
  }),
  ENOTFOUND: noSuchHost,
  EAI_AGAIN: noSuchHost,
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

/** The host of `proxy.tls.port` is that of the proxy. */
function hostKey(key: string): string {
  return `${key.split('.')[0]}.host`;
}
