import type { ClientCertificate, Finding, Identity, PolicyRequest, PolicyResponse } from '../policy.ts';
import { checkedHeader, checkedIdentity, checkedName, checkedPath, checkedQuery } from './checked-edits.ts';
import { noteRejection } from './promises.ts';

/**
 * A request as a policy of the user's own sees it. Edits are checked, since what the policy read may come from a client. Once
 * the policy is out of time, or the exchange is over, the request is gone: nothing that the policy does later has an effect.
 */
export class GuardedRequest implements PolicyRequest {
  readonly #failed: (error: unknown) => void;
  #request: PolicyRequest | undefined;

  constructor(request: PolicyRequest, failed: (error: unknown) => void) {
    this.#request = request;
    this.#failed = failed;
  }

  /** From now on, every use throws. */
  end(): void {
    this.#request = undefined;
  }

  get isOver(): boolean {
    return this.#request === undefined;
  }

  get #living(): PolicyRequest {
    if (this.#request === undefined) throw new Error('the request is over for this policy');
    return this.#request;
  }

  get method(): string {
    return this.#living.method;
  }

  get path(): string {
    return this.#living.path;
  }

  get query(): string {
    return this.#living.query;
  }

  get host(): string {
    return this.#living.host;
  }

  get authority(): string {
    return this.#living.authority;
  }

  get scheme(): 'http' | 'https' {
    return this.#living.scheme;
  }

  get target(): string {
    return this.#living.target;
  }

  get isFromTrustedProxy(): boolean {
    return this.#living.isFromTrustedProxy;
  }

  clientCertificate(): ClientCertificate | undefined {
    return this.#living.clientCertificate();
  }

  get isComplete(): boolean {
    return this.#living.isComplete;
  }

  get finding(): Finding | undefined {
    return this.#living.finding;
  }

  get clientAddress(): string {
    return this.#living.clientAddress;
  }

  get requestId(): string {
    return this.#living.requestId;
  }

  get traceId(): string {
    return this.#living.traceId;
  }

  get routeName(): string {
    return this.#living.routeName;
  }

  get identity(): Identity | undefined {
    return this.#living.identity;
  }

  set identity(identity: Identity | undefined) {
    this.#living.identity = checkedIdentity(identity);
  }

  parameters(): Readonly<Record<string, string>> {
    return this.#living.parameters();
  }

  elapsedMs(): number {
    return this.#living.elapsedMs();
  }

  header(lowerCaseName: string): string | undefined {
    return this.#living.header(lowerCaseName.toLowerCase());
  }

  isRepeated(lowerCaseName: string): boolean {
    return this.#living.isRepeated(lowerCaseName.toLowerCase());
  }

  setHeader(name: string, value: string): void {
    this.#living.setHeader(...checkedHeader(name, value));
  }

  removeHeader(name: string): void {
    this.#living.removeHeader(checkedName(name));
  }

  rewritePath(path: string): void {
    this.#living.rewritePath(checkedPath(path));
  }

  rewriteQuery(query: string): void {
    this.#living.rewriteQuery(checkedQuery(query));
  }

  addResponseHeader(name: string, value: string): void {
    this.#living.addResponseHeader(...checkedHeader(name, value));
  }

  onEnd(release: () => void): void {
    this.#living.onEnd(this.#guarded(release));
  }

  onceServed(release: () => void): void {
    this.#living.onceServed(this.#guarded(release));
  }

  /** It runs when the exchange ends, where an error would harm others. */
  #guarded(release: () => void): () => void {
    return () => {
      try {
        noteRejection(release(), this.#failed);
      } catch (error) {
        this.#failed(error);
      }
    };
  }
}

/** A response for a policy of the user's own, whose edits are checked. */
export function guardedResponse(response: PolicyResponse): PolicyResponse {
  return {
    status: response.status,
    header: (name) => response.header(name.toLowerCase()),
    setHeader: (name, value) => response.setHeader(...checkedHeader(name, value)),
    removeHeader: (name) => response.removeHeader(checkedName(name)),
  };
}
