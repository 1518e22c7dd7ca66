import { z } from 'zod';

/** What a TLS port offers in the handshake; the same fields on every port. */
export const tlsProfileFields = {
  profile: z
    .enum(['modern', 'intermediate'])
    .default('intermediate')
    .describe('modern: TLS 1.3 alone. intermediate: TLS 1.2 too, with forward secrecy and AEAD suites alone.'),
  ciphers: z
    .array(z.string().regex(/^[A-Z0-9][A-Za-z0-9_-]*$/, 'expected the name of one cipher suite, as OpenSSL writes it'))
    .min(1, 'name a cipher suite, or leave ciphers out')
    .optional()
    .describe(
      'Cipher suites in place of those of the profile, the preferred first. Without a name that begins with TLS_ there is no TLS 1.3.',
    ),
};

/** What a TLS port offers in the handshake. */
export interface TlsProfileConfig {
  readonly profile: 'modern' | 'intermediate';
  readonly ciphers?: readonly string[] | undefined;
}
