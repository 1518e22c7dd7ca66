import { X509Certificate } from 'node:crypto';

/** The OID of client authentication as a purpose (RFC 5280 §4.2.1.12). */
const forClients = '1.3.6.1.5.5.7.3.2';
const anyPurpose = '2.5.29.37.0';
const longestChain = 8;

/** A certificate with those that it came with, which may lead to an authority. */
export interface CertificateChain {
  readonly leaf: X509Certificate;
  readonly others: readonly X509Certificate[];
}

/** The certificates in PEM text. Throws when one cannot be read. */
export function certificatesIn(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((text) => new X509Certificate(text));
}

/** Why a certificate is not good at a time, in milliseconds since 1970; undefined if it is. */
export function certificateFault(
  { leaf, others }: CertificateChain,
  authorities: readonly X509Certificate[],
  now: number,
): string | undefined {
  if (leaf.validToDate.getTime() < now) return 'the certificate has expired';
  if (leaf.validFromDate.getTime() > now) return 'the certificate is not valid yet';
  const purposes = leaf.keyUsage as readonly string[] | undefined;
  if (purposes !== undefined && !purposes.includes(forClients) && !purposes.includes(anyPurpose))
    return 'the certificate is not for clients';
  const issuers = others.filter((other) => other.ca).slice(0, longestChain);
  return leadsTo(authorities, { leaf, issuers, now })
    ? undefined
    : 'no authority of this route has issued the certificate';
}

interface Path {
  readonly leaf: X509Certificate;
  readonly issuers: readonly X509Certificate[];
  readonly now: number;
}

/** Each certificate is looked at once: clients choose what they send, and may send some that issue each other. */
function leadsTo(authorities: readonly X509Certificate[], { leaf, issuers, now }: Path): boolean {
  let [reached, left] = [[leaf], issuers];
  while (reached.length > 0) {
    const isIssuer = (issuer: X509Certificate): boolean =>
      isCurrent(issuer, now) && reached.some((each) => each.checkIssued(issuer) && each.verify(issuer.publicKey));
    if (authorities.some(isIssuer)) return true;
    const next = left.filter(isIssuer);
    left = left.filter((issuer) => !next.includes(issuer));
    reached = next;
  }
  return false;
}

function isCurrent({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && validToDate.getTime() >= now;
}

/** What a certificate calls its holder: URIs, DNS names and mail addresses, and then the subject. */
export function namesIn(certificate: X509Certificate): string[] {
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return [
    ...['URI', 'DNS', 'email'].flatMap((kind) => names.filter((name) => name.kind === kind)).map(({ value }) => value),
    distinguishedName(certificate.subject),
  ].filter((name) => name !== '');
}

/** As in RFC 4514: the most specific part first. Node has a part in each line, with its special characters escaped. */
export function distinguishedName(lines: string): string {
  return lines.split('\n').toReversed().join(',');
}

/** Node writes `DNS:a, URI:"b, c"`: a value that could be taken for more is a JSON text. */
function alternativeNames(text: string): { readonly kind: string; readonly value: string }[] {
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, kind, value]) => ({
    kind,
    value: value.startsWith('"') ? (JSON.parse(value) as string) : value,
  }));
}
