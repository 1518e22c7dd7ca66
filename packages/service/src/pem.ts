import { X509Certificate } from 'node:crypto';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether a text holds certificates, all of which can be read. */
export function isPem(text: string): boolean {
  const blocks = text.match(block) ?? [];
  try {
    return blocks.length > 0 && blocks.every((pem) => new X509Certificate(pem).subject !== undefined);
  } catch {
    return false;
  }
}
