import type { TracingConfig } from '@sluice/model';
import type { EntryRedaction } from '../observe/entry-redaction.ts';
import { RequestTracer } from '../trace/request-tracer.ts';
import { SpanOutbox } from './span-outbox.ts';
import type { SendSpans } from './span-outbox.ts';

/** What follows the requests of a worker, and what hands their spans over. */
export interface OpenTracer {
  readonly tracer: RequestTracer;
  readonly outbox: SpanOutbox;
}

/** Opens both. This module, with what it needs, is loaded only where tracing is on. */
export function openTracer(tracing: TracingConfig, redaction: EntryRedaction, send: SendSpans): OpenTracer {
  const outbox = new SpanOutbox(send);
  return { outbox, tracer: new RequestTracer({ tracing, redaction, add: (span) => outbox.add(span) }) };
}
