import { answerProblems } from './answer-problems.ts';
import type { Exchange } from './exchange.ts';
import type { Verdict } from './judge-request.ts';
import type { WireAnswer } from './wire.ts';

/** What is wrong about how a request was answered, given what the document says of it; empty when nothing is. */
export function exchangeProblems(exchange: Exchange, verdict: Verdict): string[] {
  const { subject, operation, answer, before, after } = exchange;
  const { status, body } = answer;
  const mayChange = status < 400 && operation.method !== 'GET' && !isPreview(answer);
  return [
    ...subject.faults,
    ...(status < 500 ? [] : [`the answer is ${status}: ${body}`]),
    ...answerProblems(operation, answer),
    ...(mayChange || after === before ? [] : [`something changed, and the answer is ${status}`]),
    ...(verdict.verdict === 'invalid' && !isRefused(answer)
      ? [`${status} although ${verdict.reasons.join('; ')}`]
      : []),
    ...(verdict.verdict === 'valid' ? refusalProblems(exchange) : []),
  ];
}

/** The same Idempotency-Key gives the same answer and changes nothing more; with other content it is refused. */
export async function repetitionProblems({
  subject,
  operation,
  request,
  answer,
  after,
  again,
}: Exchange): Promise<string[]> {
  const isKept = request.headers['Idempotency-Key'] !== undefined && answer.status < 300 && !isPreview(answer);
  if (!isKept) return [];
  const second = await again();
  const headers = { 'content-type': 'application/json', ...request.headers };
  const other = await again({ headers, body: `${request.body ?? '{}'} ` });
  const isEqual = JSON.stringify(told(second)) === JSON.stringify(told(answer));
  return [
    ...(isEqual ? [] : [`the second answer is ${JSON.stringify(told(second))} after ${JSON.stringify(told(answer))}`]),
    ...(second.headers['idempotency-replayed'] === 'true' ? [] : ['the second answer does not say that it is one']),
    ...(other.status === 409 ? [] : [`the key was taken again with other content: ${other.status}`]),
    ...answerProblems(operation, second),
    ...answerProblems(operation, other),
    ...((await subject.state()) === after ? [] : ['the second request changed something']),
  ];
}

function told({ status, body, headers }: WireAnswer): unknown {
  return [status, body, headers['etag'], headers['location']];
}

/** The answer to a dry run. */
function isPreview({ body }: WireAnswer): boolean {
  return body.startsWith('{"dryRun":true');
}

/** Whether it was answered that the request is wrong: by an error, or by what a dry run found. */
function isRefused(answer: WireAnswer): boolean {
  if (answer.status >= 400) return true;
  return isPreview(answer) && (JSON.parse(answer.body) as { problems: unknown[] }).problems.length > 0;
}

/** A valid request is refused as invalid only by a rule about fields of its body, which the error names. */
function refusalProblems({ operation, answer: { status, body } }: Exchange): string[] {
  if ([405, 413, 415].includes(status)) return [`it is valid, and the answer is ${status}`];
  if (status !== 400) return [];
  if (operation.requestBody === undefined) return [`it is valid, and refused: ${body}`];
  const { error } = JSON.parse(body) as { error: { details: { path: string }[] } };
  const isNamed = ({ path }: { path: string }): boolean => path !== '' && !/^(?:query|header)\b/.test(path);
  return error.details.length > 0 && error.details.every(isNamed) ? [] : [`no field is named: ${body}`];
}
