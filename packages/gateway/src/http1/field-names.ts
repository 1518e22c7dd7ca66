/**
 * The field names that a proxy must recognise, each with a small number, so that the parser can classify a field while
 * it reads it and nobody compares strings later.
 */
export const Field = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  expect: 5,
  upgrade: 6,
  keepAlive: 7,
  proxyConnection: 8,
  te: 9,
  trailer: 10,
  proxyAuthorization: 11,
  http2Settings: 12,
  forwarded: 13,
  xRealIp: 14,
  via: 15,
  xRequestId: 16,
  xForwarded: 17,
  internal: 18,
  contentType: 19,
  secWebSocketKey: 20,
  secWebSocketVersion: 21,
  proxyAuthenticate: 22,
  /** A name with an underscore: servers that map names to variables confuse it with its hyphenated twin. */
  underscored: 23,
  date: 24,
  maxForwards: 25,
  authorization: 26,
  wwwAuthenticate: 27,
  rateLimit: 28,
  /** What says which trace a request belongs to. Baggage is of the applications and not among them. */
  trace: 29,
} as const;

/** How many classes there are: the size of a first-occurrence index. */
export const fieldClasses = 30;

const named: Record<string, number> = {
  host: Field.host,
  connection: Field.connection,
  'content-length': Field.contentLength,
  'transfer-encoding': Field.transferEncoding,
  expect: Field.expect,
  upgrade: Field.upgrade,
  'keep-alive': Field.keepAlive,
  'proxy-connection': Field.proxyConnection,
  te: Field.te,
  trailer: Field.trailer,
  authorization: Field.authorization,
  'www-authenticate': Field.wwwAuthenticate,
  'proxy-authorization': Field.proxyAuthorization,
  'proxy-authenticate': Field.proxyAuthenticate,
  'http2-settings': Field.http2Settings,
  forwarded: Field.forwarded,
  'x-real-ip': Field.xRealIp,
  via: Field.via,
  'x-request-id': Field.xRequestId,
  'content-type': Field.contentType,
  ratelimit: Field.rateLimit,
  'ratelimit-policy': Field.rateLimit,
  'x-ratelimit-limit': Field.rateLimit,
  'x-ratelimit-remaining': Field.rateLimit,
  'x-ratelimit-reset': Field.rateLimit,
  date: Field.date,
  'max-forwards': Field.maxForwards,
  // Marks of the gateway on requests of its own making.
  'sluice-probe': Field.internal,
  'sluice-mirror': Field.internal,
  'sec-websocket-key': Field.secWebSocketKey,
  'sec-websocket-version': Field.secWebSocketVersion,
  traceparent: Field.trace,
  tracestate: Field.trace,
  b3: Field.trace,
};

const prefixes: readonly [prefix: string, field: number][] = [
  ['x-forwarded-', Field.xForwarded],
  ['x-gateway-', Field.internal],
  ['x-sluice-', Field.internal],
  ['x-b3-', Field.trace],
];

interface Known {
  readonly name: Uint8Array;
  readonly field: number;
}

/** Known names by a cheap hash of length, first and last byte. Built once. */
const slots: (readonly Known[] | undefined)[] = buildSlots();

/** Classifies the field name in `bytes[start, end)`, whatever its case. The name is known to be a token. */
export function classifyField(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] | 0x20;
  const entries = slots[hash(end - start, first, bytes[end - 1] | 0x20)];
  if (entries !== undefined) {
    for (let i = 0; i < entries.length; i++) {
      if (sameName(bytes, start, end, entries[i].name)) return entries[i].field;
    }
  }
  return first === 0x78 && bytes[start + 1] === 0x2d ? classifyPrefix(bytes, start, end) : Field.other;
}

function classifyPrefix(bytes: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < prefixBytes.length; i++) {
    const { name, field } = prefixBytes[i];
    if (end - start > name.length && sameName(bytes, start, start + name.length, name)) return field;
  }
  return Field.other;
}

function sameName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i];
    if (byte !== name[i] && (byte < 65 || byte > 90 || (byte | 0x20) !== name[i])) return false;
  }
  return true;
}

function hash(length: number, first: number, last: number): number {
  return (length * 31 + first * 7 + last) & 255;
}

function buildSlots(): (readonly Known[] | undefined)[] {
  const built: (Known[] | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const [text, field] of Object.entries(named)) {
    const name = Buffer.from(text);
    const at = hash(name.length, name[0] | 0x20, name[name.length - 1] | 0x20);
    (built[at] ??= []).push({ name, field });
  }
  return built;
}

const prefixBytes: readonly Known[] = prefixes.map(([text, field]) => ({ name: Buffer.from(text), field }));
