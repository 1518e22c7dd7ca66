import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { canonicalHost } from '@sluice/model/canonical-host';
import type { TlsOptions } from '@sluice/service/tls-options';
import type { Certificate } from './messages.ts';

/** The certificates of a worker, chosen by the name that the client asks for. */
export class Certificates {
  #exact = new Map<string, SecureContext>();
  #wildcards = new Map<string, SecureContext>();
  #firstContext: SecureContext | undefined;
  #first: Certificate | undefined;
  #count = 0;
  readonly #options: TlsOptions;
  #all: readonly Certificate[] = [];
  /** Who issues client certificates, by the name of the file. */
  readonly #authorities = new Map<string, string>();

  /** The options of the port: OpenSSL takes the suites from the certificate's context, not from the port's. */
  constructor(options: TlsOptions) {
    this.#options = options;
  }

  /** Exchanges all certificates; handshakes that begin from now on see the new ones. */
  replace(certificates: readonly Certificate[]): void {
    this.#all = certificates;
    const exact = new Map<string, SecureContext>();
    const wildcards = new Map<string, SecureContext>();
    const contexts = certificates.map(({ cert, key, hosts }) => ({
      context: createSecureContext({ cert, key, ...this.options }),
      hosts,
    }));
    for (const { context, hosts } of contexts) {
      for (const host of hosts.map(canonicalHost)) {
        const map = host.startsWith('*.') ? wildcards : exact;
        const name = host.startsWith('*.') ? host.slice(1) : host;
        // The first certificate that names a host keeps it.
        if (!map.has(name)) map.set(name, context);
      }
    }
    this.#exact = exact;
    this.#wildcards = wildcards;
    this.#count = certificates.length;
    this.#first = certificates[0];
    this.#firstContext = contexts[0]?.context;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Whether there is a choice. */
  get hasSeveral(): boolean {
    return this.#count > 1;
  }

  /** What the port and each certificate offer. */
  get options(): TlsOptions & SecureContextOptions {
    if (!this.asksClients) return this.#options;
    // A ticket holds the certificate of the client without those that lead to its authority: so each handshake shows all of them.
    const secureOptions = this.#options.secureOptions | constants.SSL_OP_NO_TICKET;
    const ca = [...this.#authorities.values()];
    return { ...this.#options, secureOptions, ca, allowPartialTrustChain: true, sessionIdContext: 'sluice' };
  }

  /** Whether clients are asked for a certificate. */
  get asksClients(): boolean {
    return this.#authorities.size > 0;
  }

  /** Sets the authorities of a file; undefined forgets them. */
  useAuthority(name: string, pem: string | undefined): void {
    if (pem === undefined) this.#authorities.delete(name);
    else this.#authorities.set(name, pem);
    this.replace(this.#all);
  }

  /** The certificate for clients that send no name, or a name that none is for. */
  get first(): Certificate {
    if (this.#first === undefined) throw new Error('there is no certificate');
    return this.#first;
  }

  /** The context for a server name; the first certificate's when none fits. */
  contextFor(serverName: string): SecureContext {
    const name = canonicalHost(serverName);
    const dot = name.indexOf('.');
    const found =
      this.#exact.get(name) ?? (dot === -1 ? undefined : this.#wildcards.get(name.slice(dot))) ?? this.#firstContext;
    if (found === undefined) throw new Error('there is no certificate');
    return found;
  }
}

/** The DNS names that a certificate is for, from its subject alternative names. */
export function namesOf(pem: string): string[] {
  const names = new X509Certificate(pem).subjectAltName ?? '';
  return [...names.matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name);
}

/** When a certificate for a server name expires. */
export interface CertificateExpiry {
  readonly serverName: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** When the certificate of each name expires: as in handshakes, the first one that names a host has it. */
export function expiriesOf(certificates: readonly Certificate[]): CertificateExpiry[] {
  const expiries = new Map<string, number>();
  for (const { cert, hosts } of certificates) {
    const at = new X509Certificate(cert).validToDate.getTime();
    for (const host of hosts.length === 0 ? [''] : hosts.map(canonicalHost))
      if (!expiries.has(host)) expiries.set(host, at);
  }
  return Array.from(expiries, ([serverName, at]) => ({ serverName, at }));
}
