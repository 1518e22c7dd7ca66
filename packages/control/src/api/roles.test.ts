import { apiErrorCodes } from '@sluice/model';
import { operations } from '@sluice/model/api';
import type { Operation } from '@sluice/model/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerProblems } from './testing/answer-problems.ts';
import { encodeRequest } from './testing/api-request.ts';
import type { ApiRequest } from './testing/api-request.ts';
import { sampleRequests } from './testing/arbitrary-request.ts';
import { callers, forgeFor } from './testing/callers.ts';
import type { Caller, Credentials, Identity } from './testing/callers.ts';
import { documentedOperations } from './testing/documented-operations.ts';
import type { DocumentedOperation } from './testing/documented-operations.ts';
import type { Forge } from './testing/forge-token.ts';
import { makeSeed } from './testing/seed.ts';
import type { Seed } from './testing/seed.ts';
import { createSubject, joinToken, testTime } from './testing/subject.ts';
import type { Subject } from './testing/subject.ts';
import { openWire } from './testing/wire.ts';
import type { Wire, WireAnswer } from './testing/wire.ts';

/** What the table of operations says that somebody may do. Everything expected below follows from this alone. */
function expected({ auth, roles, scope, usersOnly }: Operation, is: Identity): 'passes' | 401 | 403 {
  if (auth === 'open') return 'passes';
  if (auth === 'node') return is.kind === 'node' ? 'passes' : 401;
  if (is.kind === 'nobody' || is.kind === 'node') return 401;
  if (!roles.includes(is.role)) return 403;
  if (is.kind === 'apiKey' && usersOnly === true) return 403;
  if (is.kind === 'apiKey' && scope !== undefined && !is.covers) return 403;
  return 'passes';
}

let seed: Seed;
let forge: Forge;
let wire: Wire;
/** For each operation a request that is carried out when it comes from somebody who may. */
const requests = new Map<DocumentedOperation, ApiRequest>();

beforeAll(async () => {
  [seed, wire] = await Promise.all([makeSeed(), openWire()]);
  forge = await forgeFor(seed);
  // One after the other: the wire leads to one API at a time.
  for (const one of documentedOperations) requests.set(one, await goodRequest(one));
});
afterAll(() => wire.close());

test.for(callers)('$name', async (caller) => {
  const seen: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  const subjects = new Subjects();
  for (const operation of documentedOperations) {
    const name = `${operation.method} ${operation.path}`;
    wanted[name] = String(expected(operations[operation.id], caller.is));
    seen[name] = await observe(operation, caller, subjects);
  }
  await subjects.close();
  expect(seen).toEqual(wanted);
});

test('there are as many operations as in the table', () => {
  expect(documentedOperations.map(({ id }) => id).toSorted()).toEqual(Object.keys(operations).toSorted());
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

/**
 * Gives each request an API as the seed makes it, to which the caller may have added a key. One that no request changed is used
 * again.
 */
class Subjects {
  #untouched: Subject | undefined;
  #now = testTime;

  async take(): Promise<Subject> {
    const subject = this.#untouched ?? (await createSubject(seed.documents));
    this.#untouched = undefined;
    subject.clock.now = this.#now;
    return subject;
  }

  async giveBack(subject: Subject, isUntouched: boolean): Promise<void> {
    if (!isUntouched || subject.clock.now !== this.#now) return subject.close();
    // Denials are written one by one as long as there are few in a second.
    this.#now += 1000;
    await subject.access.audit.prune(new Date(this.#now));
    this.#untouched = subject;
  }

  async close(): Promise<void> {
    await this.#untouched?.close();
  }
}

/** What an operation does for a caller, and whatever is wrong about how it does that. */
async function observe(operation: DocumentedOperation, caller: Caller, subjects: Subjects): Promise<string> {
  const subject = await subjects.take();
  let isUntouched = false;
  try {
    const world = { seed, forge, subject, operation: operations[operation.id] };
    const credentials = await caller.credentials(world);
    const before = await subject.state();
    const answer = await send(operation, subject, credentials);
    const problems = [...answerProblems(operation, answer), ...subject.faults];
    if (credentials.secret !== undefined && answer.body.includes(credentials.secret))
      problems.push('the answer shows the secret');
    const { status } = answer;
    if (status === 401 || status === 403)
      problems.push(...(await denialProblems(operation, { caller, credentials, subject, answer })));
    const mayChange = status < 400 && operation.method !== 'GET';
    const isChanged = !mayChange && (await subject.state()) !== before;
    if (isChanged) problems.push('something changed');
    isUntouched = !mayChange && problems.length === 0;
    // Nobody takes a query that is not documented.
    const isPassed = status < 400 || (status === 400 && credentials.query !== undefined);
    return [isPassed ? 'passes' : String(status), ...problems].join('; ');
  } finally {
    await subjects.giveBack(subject, isUntouched);
  }
}

async function send(
  operation: DocumentedOperation,
  subject: Subject,
  { headers, query = [] }: Credentials,
): Promise<WireAnswer> {
  const request = requests.get(operation);
  if (request === undefined) throw new Error(`there is no request for ${operation.id}`);
  const cookies = [request.headers['cookie'], headers?.['cookie']].filter((cookie) => cookie !== undefined);
  const all = {
    ...request.headers,
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    ...headers,
    ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
  };
  return wire.send(
    subject.api,
    encodeRequest(operation, { ...request, headers: all, query: [...request.query, ...query] }),
  );
}

interface Denied {
  readonly caller: Caller;
  readonly credentials: Credentials;
  readonly subject: Subject;
  readonly answer: WireAnswer;
}

/** A denial says what it is, how to authenticate, and is written down, with who it was as far as that is known. */
async function denialProblems(
  operation: DocumentedOperation,
  { caller: { is }, credentials, subject, answer }: Denied,
): Promise<string[]> {
  const problems: string[] = [];
  const { error } = JSON.parse(answer.body) as { error: { code: string; traceId: string } };
  const { code } = answer.status === 401 ? apiErrorCodes.UNAUTHORIZED : apiErrorCodes.FORBIDDEN;
  if (error.code !== code) problems.push(`the code is ${error.code}`);
  if (error.traceId !== traceId) problems.push('the trace id is another');
  const challenge = String(answer.headers['www-authenticate']);
  if (answer.status === 401 && !challenge.startsWith('Bearer realm="sluice"'))
    problems.push(`the challenge is ${challenge}`);
  const { items } = await subject.access.audit.find({ eventType: 'access.denied', limit: 100, offset: 0 });
  const isKnown = 'name' in is && operations[operation.id].auth === 'user';
  const name = isKnown ? is.name : 'anonymous';
  const entries = items.filter(
    (entry) => entry.traceId === traceId && entry.user === name && entry.outcome === 'denied',
  );
  if (entries.length !== 1 || items.length !== 1)
    problems.push(`${entries.length} of ${items.length} denials are this one's`);
  const details = entries[0]?.details;
  if (details?.['operation'] !== operation.id || details['status'] !== answer.status)
    problems.push('the audit log tells of something else');
  if (credentials.secret !== undefined && JSON.stringify(items).includes(credentials.secret))
    problems.push('the audit log shows the secret');
  return problems;
}

/** The first valid request that is carried out, of those that the schemas of the operation give. */
async function goodRequest(operation: DocumentedOperation): Promise<ApiRequest> {
  const { auth } = operations[operation.id];
  const secret = { open: undefined, user: seed.logins.admin.token, node: joinToken }[auth];
  const credentials = secret !== undefined && { authorization: `Bearer ${secret}` };
  for (const request of sampleRequests(operation, seed.known)) {
    const isDryRun = request.query.some(([name]) => name === 'dryRun');
    if (isDryRun) continue;
    const subject = await createSubject(seed.documents);
    const wired = encodeRequest(operation, { ...request, headers: { ...request.headers, ...credentials } });
    const { status } = await wire.send(subject.api, wired);
    await subject.close();
    if (status < 400) return request;
  }
  throw new Error(`no request for ${operation.id} is carried out`);
}
