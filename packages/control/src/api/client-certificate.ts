import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** Extended key usage of a certificate for TLS clients (RFC 5280, section 4.2.1.12). */
const clientUse = '1.3.6.1.5.5.7.3.2';

/**
 * The names in the certificate that a client showed: its common name, DNS names, and the last part of URIs, such as `node-1` of
 * `spiffe://prod/node-1`. Undefined when it showed none, none of a configured authority, or one that is not for clients.
 */
export function certifiedNames(socket: Socket): readonly string[] | undefined {
  if (!('authorized' in socket) || !(socket as TLSSocket).authorized) return undefined;
  // `authorized` is about the certificate of a client only when it showed one.
  const certificate = (socket as TLSSocket).getPeerCertificate();
  // Empty when there is none.
  const uses = (certificate as Partial<PeerCertificate>).ext_key_usage ?? [];
  return uses.includes(clientUse) ? namesIn(certificate) : undefined;
}

/** Names with odd characters are quoted by Node, and none of ours: they are passed over. */
export function namesIn({ subject, subjectaltname }: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): string[] {
  const entries = [...(subjectaltname ?? '').matchAll(/(?<=^|, )(DNS|URI):([^",]+)(?=$|, )/g)];
  const others = entries.map(([, kind, value = '']) =>
    kind === 'URI' ? value.slice(value.lastIndexOf('/') + 1) : value,
  );
  return [subject.CN ?? [], others].flat(2).filter((name) => name !== '');
}
