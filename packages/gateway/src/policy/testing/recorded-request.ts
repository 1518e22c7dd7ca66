import type { LimitedRequest, PolicyRequest } from '../policy.ts';

/** A request that records what a policy does to it. */
export interface RecordedRequest extends LimitedRequest {
  readonly done: readonly string[];
  /** Ends the exchange: what policies left to release is released. */
  end(): void;
}

/** A request as policies see it, with these facts instead of the usual ones. */
export function recordedRequest(
  facts: Partial<
    Pick<
      PolicyRequest,
      | 'path'
      | 'query'
      | 'requestId'
      | 'traceId'
      | 'clientAddress'
      | 'identity'
      | 'finding'
      | 'header'
      | 'isRepeated'
      | 'isComplete'
      | 'elapsedMs'
      | 'isFromTrustedProxy'
      | 'clientCertificate'
    >
  > = {},
): RecordedRequest {
  const done: string[] = [];
  const releases: (() => void)[] = [];
  return {
    method: 'GET',
    path: '/',
    query: '',
    host: 'a',
    authority: 'a:8000',
    scheme: 'http',
    target: '/',
    clientAddress: '192.0.2.1',
    requestId: 'id-1',
    traceId: 'trace-1',
    routeName: 'users',
    identity: undefined,
    finding: undefined,
    limitFields: undefined,
    isComplete: true,
    isFromTrustedProxy: false,
    clientCertificate: () => undefined,
    parameters: () => ({}),
    elapsedMs: () => 12.345,
    header: () => undefined,
    isRepeated: () => false,
    ...facts,
    ...recordedEdits(done),
    rewritePath: (path) => void done.push(`path ${path}`),
    addResponseHeader: (name, value) => void done.push(`respond ${name}: ${value}`),
    rewriteQuery: (query) => void done.push(`query ${query}`),
    onEnd: (release) => void releases.push(release),
    onceServed: (release) => void releases.push(release),
    done,
    end: () => releases.splice(0).forEach((release) => release()),
  };
}

/** The edits of a head, each noted in `done`. */
export function recordedEdits(done: string[]) {
  return {
    setHeader: (name: string, value: string): void => void done.push(`set ${name}: ${value}`),
    removeHeader: (name: string): void => void done.push(`remove ${name}`),
  };
}
