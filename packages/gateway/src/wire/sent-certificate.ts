import type { ClientCertificate } from '../policy/policy.ts';

/** A certificate as Node has it after a handshake: it leads to that of its issuer, and the last one to itself. */
export interface SentCertificate {
  readonly raw?: Uint8Array;
  readonly issuerCertificate?: SentCertificate;
}

const longestChain = 16;

/** What a client has shown, and why it is not good, in a word of OpenSSL; undefined if it has no certificate. */
export function clientCertificate(
  sent: SentCertificate | undefined,
  fault: string | undefined,
): ClientCertificate | undefined {
  const chain: Uint8Array[] = [];
  let next = sent;
  while (next?.raw !== undefined && chain.length < longestChain) {
    chain.push(next.raw);
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  if (chain.length === 0) return undefined;
  return { chain, fault };
}
