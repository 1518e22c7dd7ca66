import { constants } from 'node:crypto';
import { getCiphers } from 'node:tls';
import type { SecureVersion } from 'node:tls';

/** What a TLS port offers in the handshake. */
export interface TlsProfile {
  /** `modern` is TLS 1.3 alone. */
  readonly profile?: 'modern' | 'intermediate' | undefined;
  /** Names of OpenSSL, in place of those of the profile. */
  readonly ciphers?: readonly string[] | undefined;
  readonly minVersion?: SecureVersion | undefined;
}

/** What of it Node is told; the same for the port and for each certificate, which brings its own list of suites. */
export interface TlsOptions {
  readonly minVersion: SecureVersion;
  readonly ciphers: string;
  readonly secureOptions: number;
}

const modern = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Mozilla's intermediate profile, version 5.7, without DHE: forward secrecy and AEAD, and no CBC. */
const intermediate = [
  ...modern,
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/**
 * Clients never renegotiate: a handshake costs them next to nothing, and us the most. The order of the suites is ours,
 * except that a client without AES in hardware gets ChaCha20 when it asks for that first.
 */
const secureOptions =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE | constants.SSL_OP_PRIORITIZE_CHACHA;

/** Node's options for a TLS port. */
export function tlsOptions({ profile = 'intermediate', ciphers, minVersion = 'TLSv1.2' }: TlsProfile): TlsOptions {
  const suites = ciphers ?? (profile === 'modern' ? modern : intermediate);
  return {
    minVersion: profile === 'modern' ? 'TLSv1.3' : minVersion,
    ciphers: suites.join(':'),
    secureOptions,
  };
}

/** What is wrong with the cipher suites of a profile, with the place of each; empty if nothing is. */
export function cipherProblems({ profile, ciphers = [], minVersion }: TlsProfile): {
  readonly path: readonly ['ciphers', ...number[]];
  readonly message: string;
}[] {
  const known = new Set(getCiphers());
  const unknown = ciphers.flatMap((name, index) =>
    known.has(name.toLowerCase())
      ? []
      : [{ path: ['ciphers', index] as const, message: `${name} is no cipher suite here: see openssl ciphers -v` }],
  );
  if (unknown.length > 0 || ciphers.length === 0) return unknown;
  const newest = profile === 'modern' || minVersion === 'TLSv1.3';
  if (!newest || ciphers.some((name) => name.startsWith('TLS_'))) return [];
  return [{ path: ['ciphers'], message: 'none of these is for TLS 1.3 (TLS_…), and nothing older is accepted' }];
}
