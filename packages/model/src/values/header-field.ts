/** What fields of a head may be. No library is needed for it, so that gateways can ask as well. */

/** RFC 9110 §5.6.2 (token): the name of a field. */
export const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 9110 §5.5 (field-content): visible ASCII, space and tab inside, obs-text. A line break would let one field become two. */
export const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/** The id of a request, as trusted proxies may give it. Anything that does not look like an id could forge log lines. */
export const requestIdPattern = /^[\w.:/+=@-]{1,128}$/;

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
