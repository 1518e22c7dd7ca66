import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { connectRaw, cpuOf, okResponse, until } from '../kit/index.ts';
import type { OriginStep, RawClient, RawResponse, ScriptedOrigin, Sluice } from '../kit/index.ts';
import { unfold } from './wire-case.ts';
import type { CaseStep, Piece, WireCase } from './wire-case.ts';

/** What happened when a case was played. */
export interface Played {
  readonly responses: readonly RawResponse[];
  /** What came after the responses until the connection was closed, if that was awaited. */
  readonly rest?: string;
  /** The answer to the request that proves the connection to be open. */
  readonly proof?: RawResponse;
  /** What the gateway took of the processor until the responses were there, if that counts. */
  readonly milliseconds?: number;
  /** Connections that the gateway ended before the origin did. */
  readonly aborted: boolean;
}

/** The request line that proves a connection to be usable. */
export const proofLine = 'GET /proof HTTP/1.1';

const plainGet = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Plays one case through the gateway; afterwards that has no exchange under way and holds no connection to `origin`. */
export async function playCase(one: WireCase, origin: ScriptedOrigin, gateway: Sluice): Promise<Played> {
  const port = gateway.proxyPort;
  const client = await connectRaw(port);
  origin.script(...scriptsOf(one, client));
  const pieces = piecesOf(one);
  const before = isTimed(one) ? cpuOf(gateway.pid) : undefined;
  const answers = readAnswers(one, client, methodsOf(one, pieces));
  // A failure to read is reported where it is awaited, below.
  answers.catch(() => undefined);
  try {
    for (const piece of pieces) await playPiece(piece, { client, origin, port });
    const responses = await answers;
    const milliseconds = before === undefined ? undefined : cpuOf(gateway.pid) - before;
    const closes = one.closed === true || one.rest !== undefined || one.refused !== undefined;
    const rest = closes ? await client.closed() : undefined;
    const aborted = one.originAborted === true && (await untilLeft(origin));
    const proof = one.closed === false ? await prove(client, origin) : undefined;
    return { responses, rest, proof, milliseconds, aborted };
  } finally {
    client.close();
    // What the client left behind may be on its way to the origin still, and would turn up in the next case; not so after a
    // refusal, of which nothing is forwarded, and behind the request that proves the connection.
    if (one.refused === undefined && one.closed !== false) await gateway.idle();
    await nextTurn();
    await origin.disconnect();
  }
}

function isTimed({ answer }: WireCase): boolean {
  return answer !== 'nothing' && [answer ?? []].flat().some(({ within }) => within !== undefined);
}

function scriptsOf({ origin }: WireCase, client: RawClient): OriginStep[][] {
  const playable = (step: CaseStep): OriginStep => {
    if (typeof step === 'string') return unfold(step);
    return 'seen' in step ? { when: () => client.seen(step.seen) } : step;
  };
  const unfolded = (steps: readonly CaseStep[]): OriginStep[] => steps.map((step) => playable(step));
  if (origin === undefined) return [[okResponse]];
  if (typeof origin === 'object' && 'each' in origin) return origin.each.map(unfolded);
  return [unfolded(Array.isArray(origin) ? origin : [origin])];
}

function piecesOf({ send, request, body = '' }: WireCase): Piece[] {
  if (request !== undefined) return [unfold(`${request.replace(/\r?\n/g, '\r\n')}\r\n${body}`)];
  if (send === undefined) return [plainGet];
  return (Array.isArray(send) ? send : [send]).map((piece) => (typeof piece === 'string' ? unfold(piece) : piece));
}

function methodsOf({ methods }: WireCase, pieces: readonly Piece[]): string[] {
  const first = pieces[0];
  return methods ?? [typeof first === 'string' ? first.slice(0, first.indexOf(' ')) : 'GET'];
}

async function readAnswers(one: WireCase, client: RawClient, methods: readonly string[]): Promise<RawResponse[]> {
  const { answer, refused } = one;
  const expected = Array.isArray(answer) ? answer.length : answer === 'nothing' || !(answer ?? refused) ? 0 : 1;
  const responses: RawResponse[] = [];
  while (responses.length < expected) responses.push(await client.response(methods[responses.length] === 'HEAD'));
  return responses;
}

interface Stage {
  readonly client: RawClient;
  readonly origin: ScriptedOrigin;
  readonly port: number;
}

async function playPiece(piece: Piece, { client, origin, port }: Stage): Promise<void> {
  if (typeof piece === 'string') client.send(piece);
  else if ('wait' in piece) await pause(piece.wait);
  else if ('seen' in piece) await client.seen(piece.seen);
  else if ('forwarded' in piece) {
    await until(`the origin to receive ${piece.forwarded}`, () => origin.received.includes(piece.forwarded));
  } else if ('left' in piece) await untilLeft(origin);
  else if ('beside' in piece) await besides(piece.beside, port);
  else if (piece.end === 'reset') client.socket.resetAndDestroy();
  else client.close();
}

async function besides(bytes: string, port: number): Promise<void> {
  const other = await connectRaw(port);
  other.send(bytes);
  const { status } = await other.response();
  other.close();
  if (status !== 200) throw new Error(`the connection beside was answered ${status}`);
}

async function untilLeft(origin: ScriptedOrigin): Promise<true> {
  await until('the gateway to end its connection to the origin', () => origin.open === 0);
  return true;
}

async function prove(client: RawClient, origin: ScriptedOrigin): Promise<RawResponse> {
  origin.answerPlainly();
  client.send(`${proofLine}\r\nHost: a\r\n\r\n`);
  return client.response();
}
