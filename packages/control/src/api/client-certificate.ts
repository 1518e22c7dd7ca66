import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** Extended key usage of a certificate for TLS clients (RFC 5280, section 4.2.1.12). */
const clientUse = '1.3.6.1.5.5.7.3.2';

/**
 * The names in a client's certificate: its common name, its DNS names, and the last part of its URIs, such as `node-1` of
 * `spiffe://prod/node-1`. Undefined without a certificate, and when it is not for clients or not of a configured authority.
 */
export function certifiedNames(socket: Socket): readonly string[] | undefined {
  if (!('authorized' in socket) || !(socket as TLSSocket).authorized) return undefined;
  const certificate = (socket as TLSSocket).getPeerCertificate();
  // Without a certificate, this is an empty object.
  const uses = (certificate as Partial<PeerCertificate>).ext_key_usage ?? [];
  return uses.includes(clientUse) ? namesIn(certificate) : undefined;
}

/** Node quotes names with unusual characters. No node has such a name, so they are skipped. */
export function namesIn({ subject, subjectaltname }: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): string[] {
  const entries = [...(subjectaltname ?? '').matchAll(/(?<=^|, )(DNS|URI):([^",]+)(?=$|, )/g)];
  const others = entries.map(([, kind, value = '']) =>
    kind === 'URI' ? value.slice(value.lastIndexOf('/') + 1) : value,
  );
  return [subject.CN ?? [], others].flat(2).filter((name) => name !== '');
}
