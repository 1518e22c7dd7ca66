import type { IncomingMessage, ServerResponse } from 'node:http';

/** Which of the demo backends answers; sent in `x-served-by`. */
export type EchoName = 'stable' | 'candidate' | 'bad';

/** One request at a demo backend with its parsed target, and the answer to it. */
export interface EchoExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly servedBy: EchoName;
}

/** An error that the client caused; becomes a JSON answer with this status. */
export class EchoProblem extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** What the backend saw of the request, in the shape that httpbin made familiar. */
export function describeRequest({ request, url, servedBy }: EchoExchange): Record<string, unknown> {
  const headers = headersAsSent(request.rawHeaders);
  return {
    method: request.method,
    url: url.href,
    args: argsOf(url.searchParams),
    headers,
    origin: request.headers['x-forwarded-for'] ?? request.socket.remoteAddress,
    servedBy,
  };
}

/** Sends `value` as indented JSON with a content length. */
export function sendJson(
  exchange: EchoExchange,
  value: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  const body = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  exchange.response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...headers,
  });
  exchange.response.end(exchange.request.method === 'HEAD' ? undefined : body);
}

/** Reads a whole number (or, with `fraction`, any decimal) within bounds; refuses everything else with 400. */
export function numberWithin(text: string, min: number, max: number, { fraction = false } = {}): number {
  const value = Number(text);
  const wellFormed = (fraction ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text);
  if (!wellFormed || value < min || value > max) {
    throw new EchoProblem(400, `expected a ${fraction ? '' : 'whole '}number from ${min} to ${max}, got "${text}"`);
  }
  return value;
}

/** Names keep the case and order in which they arrived; repeated fields are joined as RFC 9110 §5.3 allows. */
function headersAsSent(raw: readonly string[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const before = headers.get(raw[index]);
    headers.set(raw[index], before === undefined ? raw[index + 1] : `${before}, ${raw[index + 1]}`);
  }
  return Object.fromEntries(headers);
}

function argsOf(params: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(params.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = params.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}
