import { idempotencyKeyPattern, ifMatchPattern, lastEventIdPattern } from '@sluice/model/api';
import type { Operation } from '@sluice/model/api';
import { invalid } from './refusal.ts';

/**
 * The revision or version that `If-Match` demands (RFC 9110, section 13.1.1). Undefined when any will do. -1 for other tags and
 * weak ones, which never match: no entity is at -1.
 */
export function readIfMatch({ ifMatch }: Operation, header: string | null): number | undefined {
  if (ifMatch !== true || header === null || header.trim() === '*') return undefined;
  if (!ifMatchPattern.test(header.trim())) {
    throw invalid([{ path: ['If-Match'], message: 'expected an ETag in quotes, or *' }], 'header');
  }
  const revisions = [...header.matchAll(/(?<!W\/)"(\d{1,15})"/g)].map(([, revision]) => Number(revision));
  return revisions[0] ?? -1;
}

/** The Idempotency-Key of a request, if it has one. */
export function readIdempotencyKey({ idempotencyKey }: Operation, header: string | null): string | undefined {
  if (idempotencyKey !== true || header === null) return undefined;
  if (!idempotencyKeyPattern.test(header)) {
    throw invalid(
      [{ path: ['Idempotency-Key'], message: 'expected 8 to 255 visible characters, such as a random UUID' }],
      'header',
    );
  }
  return header;
}

/** The number of the last event that a client received, from `Last-Event-ID`, if it has one. */
export function readLastEventId({ lastEventId }: Operation, header: string | null): number | undefined {
  if (lastEventId !== true || header === null) return undefined;
  if (!lastEventIdPattern.test(header)) {
    throw invalid([{ path: ['Last-Event-ID'], message: 'expected the number of an event' }], 'header');
  }
  return Number(header);
}
