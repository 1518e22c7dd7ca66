/** Headers of every answer that does not set its own: it is not cached, framed, sniffed or run as a page. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Makes browsers keep using TLS (RFC 6797). */
export const strictTransport = { 'strict-transport-security': 'max-age=31536000' };
