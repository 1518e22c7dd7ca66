import { X509Certificate } from 'node:crypto';
import type { MtlsMethodConfig } from '@sluice/model';
import type { AuthenticationOutcome, ClientCertificate, PolicyRequest } from '../policy.ts';
import { readOnce } from '../secret-texts.ts';
import type { Secret } from '../secret-texts.ts';
import { certificateFault, certificatesIn, distinguishedName, namesIn } from './client-certificate.ts';
import type { CertificateChain } from './client-certificate.ts';
import { consumerIdentity } from './consumer-lookup.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import type { AuthenticationMethod } from './method.ts';

/** What the method mtls needs. */
export interface MtlsParts {
  /** The file of authorities. */
  readonly file: Secret;
  readonly consumers: ConsumerLookup;
  /** The time of day, in milliseconds since 1970. */
  readonly now: () => number;
}

/** How many certificates that came in headers are kept parsed. */
const keptHeaders = 1000;
const malformed: AuthenticationOutcome = { refused: 'the certificate in the header cannot be read' };

/** The method mtls: the certificate of a client, from its connection or from a trusted proxy. */
export function mtls(config: MtlsMethodConfig, { file, consumers, now }: MtlsParts): AuthenticationMethod {
  // The file was found right before it came here.
  const authoritiesOf = readOnce(file, certificatesIn);
  const header = config.header?.toLowerCase();
  const parsed = new WeakMap<ClientCertificate, CertificateChain>();
  const inHeaders = new Map<string, CertificateChain | undefined>();

  const judge = (chain: CertificateChain): AuthenticationOutcome => {
    const authorities = authoritiesOf();
    if (authorities === undefined) return { unavailable: 'the file of authorities cannot be read' };
    const fault = certificateFault(chain, authorities, now());
    return fault === undefined ? holderOf(chain.leaf, config, consumers) : { refused: fault };
  };

  const ofConnection = (certificate: ClientCertificate): AuthenticationOutcome => {
    // OpenSSL has checked what is not checked here, such as how long a chain may be and which names an authority may give.
    if (certificate.fault !== undefined) return { refused: `the certificate was not accepted: ${certificate.fault}` };
    let chain = parsed.get(certificate);
    if (chain === undefined) {
      const [leaf, ...others] = certificate.chain.map((der) => new X509Certificate(der));
      chain = { leaf, others };
      parsed.set(certificate, chain);
    }
    return judge(chain);
  };

  const ofHeader = (value: string): AuthenticationOutcome => {
    if (!inHeaders.has(value)) {
      if (inHeaders.size >= keptHeaders) inHeaders.clear();
      inHeaders.set(value, chainInHeader(value));
    }
    const chain = inHeaders.get(value);
    return chain === undefined ? malformed : judge(chain);
  };

  const identify = (request: PolicyRequest): AuthenticationOutcome | undefined => {
    if (header !== undefined && request.isFromTrustedProxy) {
      // The certificate of the connection is that of the proxy.
      const value = request.header(header);
      if (value === undefined || value === '') return undefined;
      return request.isRepeated(header) ? malformed : ofHeader(value);
    }
    const certificate = request.clientCertificate();
    return certificate === undefined ? undefined : ofConnection(certificate);
  };
  // Judging a certificate has no effect.
  return { type: 'mtls', identify, explain: identify, challenge: () => undefined };
}

/** Takes a certificate off a request that no trusted proxy has passed on. */
export function takeOffCertificate({ header }: MtlsMethodConfig): ((request: PolicyRequest) => void) | undefined {
  if (header === undefined) return undefined;
  return (request) => {
    if (!request.isFromTrustedProxy) request.removeHeader(header);
  };
}

/** PEM text, percent-encoded; by itself as nginx writes it, or in `Cert="…"` and `Chain="…"` of one element as Envoy does. */
function chainInHeader(value: string): CertificateChain | undefined {
  const parts = /(?:^|;)(?:Chain|Cert)=/i.test(value) ? partsOfElement(value) : value;
  if (parts === undefined) return undefined;
  try {
    const [leaf, ...others] = certificatesIn(decodeURIComponent(parts));
    return leaf === undefined ? undefined : { leaf, others };
  } catch {
    // What cannot be decoded or parsed is malformed, whatever is wrong with it.
    return undefined;
  }
}

function partsOfElement(value: string): string | undefined {
  if (value.includes(',')) return undefined;
  const part = (name: string): string | undefined =>
    new RegExp(`(?:^|;)${name}="?([A-Za-z0-9%+/=._~-]+)"?(?:;|$)`, 'i').exec(value)?.[1];
  const cert = part('Cert');
  return cert === undefined ? part('Chain') : cert + (part('Chain') ?? '');
}

/** The consumer that is called by one of the names, in their order; or else who the subject says. */
function holderOf(
  leaf: X509Certificate,
  { onlyConsumers }: MtlsMethodConfig,
  consumers: ConsumerLookup,
): AuthenticationOutcome {
  const names = namesIn(leaf);
  const claims = { names, serialNumber: leaf.serialNumber, fingerprint256: leaf.fingerprint256 };
  for (const name of names) {
    const found = consumers.bySubject(name);
    if (found === 'unknown') continue;
    if (typeof found === 'string') return { refused: `the consumer is ${found}` };
    const consumer = consumerIdentity(found);
    return { identity: { ...consumer, method: 'mtls', claims: { ...claims, ...consumer.claims } } };
  }
  const subject = names.at(-1);
  if (onlyConsumers || subject === undefined) return { refused: 'no consumer is called as in the certificate' };
  const authority = distinguishedName(leaf.issuer);
  return { identity: { method: 'mtls', subject, authority, scopes: [], roles: [], permissions: [], claims } };
}
