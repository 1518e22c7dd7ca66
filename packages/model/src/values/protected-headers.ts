/** Headers that frame a message or belong to one connection; nobody may add or remove them by configuration. */
export const protectedHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
