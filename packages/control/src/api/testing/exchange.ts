import { operations } from '@sluice/model/api';
import { encodeRequest } from './api-request.ts';
import type { ApiRequest } from './api-request.ts';
import type { DocumentedOperation } from './documented-operations.ts';
import type { Seed } from './seed.ts';
import { createSubject, joinToken } from './subject.ts';
import type { Subject } from './subject.ts';
import type { Wire, WireAnswer } from './wire.ts';

/** A request and what came of it. */
export interface Exchange {
  readonly subject: Subject;
  readonly operation: DocumentedOperation;
  readonly request: ApiRequest;
  readonly answer: WireAnswer;
  /** Everything that was kept before and after it. */
  readonly before: string;
  readonly after: string;
  /** Sends the request once more, or one that is a little different. */
  again(changes?: Partial<ApiRequest>): Promise<WireAnswer>;
}

/** Where requests are sent to: each to an API of its own that begins from the seed. */
export interface Exchanger {
  readonly seed: Seed;
  readonly wire: Wire;
  /** Done before the request. */
  readonly prepare?: (subject: Subject) => void;
}

/** Sends a request as somebody who may do everything, and hands what came of it to `look`. */
export async function exchange<T>(
  { seed, wire, prepare }: Exchanger,
  { operation, request }: Pick<Exchange, 'operation' | 'request'>,
  look: (exchange: Exchange) => T | Promise<T>,
): Promise<T> {
  const subject = await createSubject(seed.documents);
  try {
    prepare?.(subject);
    const secret = operations[operation.id].auth === 'node' ? joinToken : seed.logins.admin.token;
    const again = (changes: Partial<ApiRequest> = {}): Promise<WireAnswer> => {
      const changed = { ...request, ...changes };
      const headers = { authorization: `Bearer ${secret}`, ...changed.headers };
      return wire.send(subject.api, encodeRequest(operation, { ...changed, headers }));
    };
    const before = await subject.state();
    const answer = await again();
    const after = await subject.state();
    return await look({ subject, operation, request, answer, before, after, again });
  } finally {
    await subject.close();
  }
}
