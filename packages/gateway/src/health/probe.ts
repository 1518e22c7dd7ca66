import type { BackendTlsConfig, HealthCheckConfig } from '@sluice/model';

/** The result of one check: the target is healthy, or why it is not, for the log. */
export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What is probed. */
export interface ProbeSubject {
  readonly url: URL;
  readonly check: HealthCheckConfig;
  readonly tls?: BackendTlsConfig | undefined;
  /** The authorities to trust, as PEM text; the usual ones if undefined. */
  readonly ca?: string | undefined;
}

/** Asks a target once. Never rejects: whatever goes wrong is a result. Ends at once, with any result, when `signal` aborts. */
export type Probe = (subject: ProbeSubject, signal: AbortSignal) => Promise<ProbeResult>;

/** The result for a check that an error ended; an aborted one took too long. */
export function failedBy(error: unknown, signal: AbortSignal): ProbeResult {
  if (signal.aborted) return { ok: false, reason: String(signal.reason) };
  const { code, message } = error as NodeJS.ErrnoException;
  return { ok: false, reason: message || code || 'the connection failed' };
}

/** The address to connect to, without the brackets that a URL puts around IPv6. */
export function addressOf(url: URL): { host: string; port: number } {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}
