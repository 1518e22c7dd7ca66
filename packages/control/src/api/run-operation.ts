import { inputLimitOf } from '@sluice/model/api';
import type { Operation, OperationId } from '@sluice/model/api';
import { shownTo } from './answer.ts';
import type { Call, Handlers, Peer, Reply } from './call.ts';
import { identityOf } from '../access/index.ts';
import { Denial, identify } from './identify.ts';
import type { Caller } from './identify.ts';
import { isReplay } from './idempotency.ts';
import type { Idempotency } from './idempotency.ts';
import type { LargeWork } from './large-work.ts';
import { isLong, longJson } from './long-json.ts';
import { readBody } from './read-body.ts';
import type { RequestBody } from './read-body.ts';
import { readIdempotencyKey, readIfMatch, readLastEventId } from './read-conditions.ts';
import { readInput } from './read-input.ts';
import type { AnyInput } from './read-input.ts';
import { recordDenial } from './record-denial.ts';
import { countDenial, takeFromLimit } from './take-from-limit.ts';
import type { Services } from './services.ts';

export interface OperationRequest {
  readonly operation: Operation & { readonly id: OperationId };
  readonly request: Request;
  readonly params: Record<string, string>;
  readonly peer: Peer;
  readonly traceId: string;
  readonly signal: AbortSignal;
}

export interface OperationRunner extends Services {
  readonly handlers: Handlers;
  readonly idempotency: Idempotency;
  readonly largeWork: LargeWork;
  /** The rate limits are multiplied by it; 0 turns them off. */
  readonly limitFactor: number;
}

/** A reply, and further headers of the answer. */
export interface Outgoing {
  readonly reply: Reply;
  readonly headers: Readonly<Record<string, string>>;
}

/** Runs a request through all its steps, in order. Rejects with an error that `refusalOf` knows, or with a bug. */
export async function runOperation(runner: OperationRunner, incoming: OperationRequest): Promise<Outgoing> {
  const { operation, request } = incoming;
  const url = new URL(request.url);

  // 1. Identify the caller, and check that they may.
  const caller = await identifyOrRecord(runner, incoming);
  // 2. Check the rate limit. Refused requests and replays do not count.
  const isDryRun = operation.dryRun === true && url.searchParams.get('dryRun') === 'true';
  const counted = takeFromLimit(runner, { operation, caller, address: incoming.peer.address, isDryRun });
  try {
    const reply = await readAndCarryOut(runner, incoming, { caller, url });
    return { reply, headers: isReplay(reply) ? counted.forgive() : counted.headers };
  } catch (error) {
    counted.forgive();
    throw error;
  }
}

async function readAndCarryOut(
  runner: OperationRunner,
  incoming: OperationRequest,
  { caller, url }: Omit<ReadRequest, 'body'>,
): Promise<Reply> {
  const { operation, request } = incoming;
  // 3. Read the body.
  const limit = inputLimitOf(operation, caller.principal?.role);
  const place = operation.isLarge === true ? runner.largeWork.enter(identityOf(caller.actor)) : undefined;
  const leave = (): void => place?.leave();
  try {
    const body = await readBody(operation, request, limit);
    const work = () => carryOut(runner, incoming, { caller, url, body });
    const reply = await (place === undefined ? work() : place.turn(work));
    const isRead = request.method !== 'HEAD' && !incoming.signal.aborted;
    if (isRead && isLong(reply.body))
      return { ...reply, stream: longJson(reply.body, { shown: shownTo(operation), done: leave }) };
    leave();
    return reply;
  } catch (error) {
    leave();
    throw error;
  }
}

interface ReadRequest {
  readonly caller: Caller;
  readonly url: URL;
  readonly body: RequestBody;
}

async function carryOut(
  runner: OperationRunner,
  incoming: OperationRequest,
  { caller, url, body }: ReadRequest,
): Promise<Reply> {
  const { operation, request, params } = incoming;
  // 4. Check the input.
  const input = readInput(operation, { params, query: url.searchParams, body: await body.parse() });
  const call = makeCall(incoming, { caller, input, url });
  const key = readIdempotencyKey(operation, request.headers.get('idempotency-key'));
  // 5. Run the handler, once for each Idempotency-Key.
  if (key === undefined || call.dryRun) return handle(runner, input, call);
  const content = `${url.pathname}${url.search}\n${body.text}`;
  return runner.idempotency.once(
    { key, caller: identityOf(caller.actor), operation: operation.id, status: operation.answer.status, content },
    (remember) => handle(runner, input, { ...call, remember }),
  );
}

async function identifyOrRecord(runner: OperationRunner, incoming: OperationRequest): Promise<Caller> {
  const { operation, request, peer, params } = incoming;
  const { joinToken } = runner.config.node;
  try {
    return await identify(runner.access, {
      operation,
      headers: request.headers,
      peer,
      joinToken,
      nodeId: params['nodeId'],
    });
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    countDenial(runner, operation, error.actor);
    await recordDenial(runner, error, incoming);
    throw error.cause;
  }
}

function makeCall(
  { operation, request, peer, traceId, signal }: OperationRequest,
  { caller, input, url }: { readonly caller: Caller; readonly input: AnyInput; readonly url: URL },
): Call {
  const { dryRun, reason, emergency } = input.query;
  return {
    operation,
    principal: caller.principal,
    actor: caller.actor,
    address: peer.address,
    traceId,
    url,
    headers: request.headers,
    dryRun: dryRun === true,
    reason: typeof reason === 'string' ? reason : undefined,
    emergency: emergency === true,
    ifMatch: readIfMatch(operation, request.headers.get('if-match')),
    lastEventId: readLastEventId(operation, request.headers.get('last-event-id')),
    disconnect: () => peer.disconnect?.(),
    signal,
    remember: () => [],
  };
}

/** The cast is safe: the handler's types come from the schemas that checked the input. */
async function handle({ handlers }: OperationRunner, input: AnyInput, call: Call): Promise<Reply> {
  const handler = handlers[call.operation.id] as (input: AnyInput, call: Call) => Reply | Promise<Reply>;
  return handler(input, call);
}
