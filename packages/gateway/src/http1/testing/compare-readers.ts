import { knownMethods, Llhttp } from './llhttp.ts';
import type { LlhttpMessage } from './llhttp.ts';
import type { Direction, Message, Reading } from './message.ts';

/** Where two readers of one stream disagree, or how far they agreed. */
export interface Comparison {
  /** What differs; undefined when whatever ours accepted, llhttp read in the same way. */
  readonly difference: string | undefined;
  /** How many messages ours accepted to their end. */
  readonly accepted: number;
}

/** A reader of the message at an offset of a stream. */
export type ReadMessage = (direction: Direction, bytes: Buffer, start: number) => Reading;

/** Reads a stream with both parsers, message by message, for as long as ours goes on. */
export function compareReaders(direction: Direction, bytes: Buffer, read: ReadMessage): Comparison {
  let llhttp = new Llhttp(direction);
  let accepted = 0;
  let start = 0;
  while (start < bytes.length) {
    const reading = read(direction, bytes, start);
    if (reading.verdict !== 'message' || reading.message.ending === 'broken') break;
    const { message } = reading;
    const difference = compareMessage({ direction, message, llhttp, bytes: fedBytes(message, bytes, start) });
    if (difference !== undefined) return { difference: `message ${accepted}: ${difference}`, accepted };
    if (message.ending !== 'open') accepted++;
    if (message.ending !== 'complete' || !message.keepAlive || message.start === '101') break;
    // llhttp stops at any upgrade; we go on with requests whose upgrade is not for us.
    if (message.upgrade) {
      llhttp.close();
      llhttp = new Llhttp(direction);
    }
    start = message.end;
  }
  llhttp.close();
  return { difference: undefined, accepted };
}

interface Sides {
  readonly direction: Direction;
  readonly message: Message;
  readonly llhttp: Llhttp;
  /** The bytes of the message. */
  readonly bytes: Buffer;
}

function compareMessage({ direction, message, llhttp, bytes }: Sides): string | undefined {
  const before = llhttp.completed;
  const whole = message.ending === 'complete';
  llhttp.feed(whole ? bytes.subarray(0, -1) : bytes);
  const early = llhttp.completed !== before;
  if (whole) llhttp.feed(bytes.subarray(-1));
  if (message.ending === 'cut') llhttp.finish();
  if (llhttp.error !== undefined) return `llhttp refuses: ${llhttp.error}`;
  if (early) return 'llhttp sees the end of the message before ours does';
  if (message.ending !== 'open' && llhttp.completed !== before + 1) return 'ours sees the end before llhttp does';
  if (llhttp.message === undefined) return 'llhttp has not seen the end of the head';
  return compareParts(direction, message, llhttp.message);
}

function compareParts(direction: Direction, ours: Message, theirs: LlhttpMessage): string | undefined {
  const parts: (keyof LlhttpMessage)[] = ['minorVersion', 'fields', 'upgrade', 'body', 'trailers'];
  for (const part of parts) {
    const [mine, other] = [JSON.stringify(ours[part]), JSON.stringify(theirs[part])];
    if (mine !== other) return `${part} is ${mine} to ours, ${other} to llhttp`;
  }
  if (startFor(ours) !== theirs.start) return `ours begins with ${startFor(ours)}, llhttp with ${theirs.start}`;
  return mayDifferInKeepAlive(direction, ours) || ours.keepAlive === theirs.keepAlive
    ? undefined
    : `keepAlive is ${ours.keepAlive} to ours, ${theirs.keepAlive} to llhttp`;
}

/**
 * llhttp says whether to keep the connection before it learns that the request was HEAD, so it takes a head without
 * length for one whose body ends with the connection. And `Connection: close, keep-alive` keeps its HTTP/1.0 connection,
 * where ours closes it: that is the safe side.
 */
function mayDifferInKeepAlive(direction: Direction, ours: Message): boolean {
  const framed = ours.fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  return (direction === 'HEAD' && !framed) || (ours.minorVersion === 0 && !ours.keepAlive);
}

/** llhttp knows a fixed list of methods, ours any token: one that it does not know reaches it as POST. */
function startFor(ours: Message): string {
  const space = ours.start.indexOf(' ');
  return isForeign(ours) ? `POST${ours.start.slice(space)}` : ours.start;
}

/** What llhttp is fed: the message, but for a method that it does not know and white space that it does not take. */
function fedBytes(message: Message, bytes: Buffer, start: number): Buffer {
  let text = '';
  let at = start;
  for (const [from, to] of message.framing) {
    text += bytes.toString('latin1', at, from) + withTightExtensions(bytes.toString('latin1', from, to));
    at = to;
  }
  text += bytes.toString('latin1', at, message.end);
  if (isForeign(message)) text = text.replace(message.start.slice(0, message.start.indexOf(' ')), 'POST');
  return Buffer.from(text, 'latin1');
}

/** Without the white space around `;` and `=` that a size line may have (RFC 9112 §7.1.1), but llhttp refuses. */
function withTightExtensions(framing: string): string {
  const quotedOrSeparator = /"(?:\\[^]|[^"\\])*"?|[ \t]*([;=])[ \t]*/g;
  const tight = framing.replace(/^(?:\r\n)?[^\r]+/, (line) =>
    line.replace(quotedOrSeparator, (whole, separator?: string) => separator ?? whole),
  );
  // Of a line that is not over, the rest may still bring the separator.
  return tight.replace(/^((?:\r\n)?[^\r]*?)[ \t]+$/, '$1');
}

function isForeign(message: Message): boolean {
  const space = message.start.indexOf(' ');
  return space !== -1 && !knownMethods.has(message.start.slice(0, space));
}
