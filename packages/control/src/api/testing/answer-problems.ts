import type { DocumentedOperation } from './documented-operations.ts';
import { answerValidator } from './validators.ts';
import type { WireAnswer } from './wire.ts';

/** What an answer has that its document does not, or lacks that it does; empty when they agree. */
export function answerProblems({ responses, pointer }: DocumentedOperation, answer: WireAnswer): string[] {
  const { status, body } = answer;
  const documented = responses[status];
  if (documented === undefined) return [`the status ${status} is not documented: ${body.slice(0, 200)}`];
  const place = `${pointer}/responses/${status}`;
  const missing = headerProblems(answer, Object.keys(documented.headers ?? {}), place);
  if (documented.content === undefined)
    return [...missing, ...(body === '' ? [] : [`there is a body: ${body.slice(0, 200)}`])];
  const type = String(answer.headers['content-type']);
  if (documented.content['application/json'] === undefined) return [...missing, ...streamProblems(type, body)];
  if (!/^application\/json(?:;|$)/.test(type)) return [...missing, `the content type is ${type}`];
  return [...missing, ...answerValidator(`${place}/content/application~1json/schema`)(JSON.parse(body))];
}

/** Whole events, one after the other: an id if it is kept, a name, and JSON. */
const events = /^(?:(?:id: \d+\n)?event: \w+\ndata: \{.*\}\n\n|: [\w ]+\n\n)+$/;

function streamProblems(type: string, body: string): string[] {
  return [
    ...(type === 'text/event-stream' ? [] : [`the content type is ${type}`]),
    ...(events.test(body) ? [] : [`these are no events: ${body.slice(0, 200)}`]),
  ];
}

/** Headers that are documented and not always there: limits are off, most answers are no replays. */
const sometimes = /^(?:X-RateLimit-.*|Idempotency-Replayed)$/;

function headerProblems({ headers, body }: WireAnswer, names: readonly string[], place: string): string[] {
  return names.flatMap((name) => {
    const value = headers[name.toLowerCase()];
    // What a dry run answers is nothing that could be changed.
    const isOptional = sometimes.test(name) || (name === 'ETag' && body.startsWith('{"dryRun":true'));
    if (value === undefined) return isOptional ? [] : [`the header ${name} is missing`];
    const typed = /^\d+$/.test(String(value)) ? Number(value) : value;
    const validate = answerValidator(`${place}/headers/${name}/schema`);
    return validate(typed).map((reason) => `${name}: ${reason}`);
  });
}
