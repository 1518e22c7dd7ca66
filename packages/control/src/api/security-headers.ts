/** Headers of every answer: nothing is cached, framed, guessed or run unless a page says otherwise. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Makes browsers stay with TLS once they have used it (RFC 6797). */
export const strictTransport = { 'strict-transport-security': 'max-age=31536000' };
