import { EndOfInput } from './byte-reader.ts';
import type { ByteReader } from './byte-reader.ts';

/** A head as it stood on the wire: the start line and the field lines, unchanged and in order. */
export interface MessageHead {
  readonly line: string;
  readonly lines: readonly string[];
}

/** How the body of a message was delimited. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** A body with the trailer lines behind it; `complete` is false when the peer ended in the middle. */
export interface MessageBody {
  framing: Framing;
  body: Buffer;
  trailers: string[];
  complete: boolean;
}

/** Reads a head and refuses every deviation from RFC 9112, so that a test notices what a lenient client would not. */
export async function readHead(reader: ByteReader): Promise<MessageHead> {
  const text = await reader.through('\r\n\r\n');
  const [line, ...lines] = text.slice(0, -4).split('\r\n');
  for (const field of lines) {
    if (!/^[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*$/.test(field))
      throw new Error(`bad field line on the wire: ${field}`);
  }
  return { line, lines };
}

/** The values of all field lines called `name`, trimmed. */
export function valuesOf(lines: readonly string[], name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return lines.filter((line) => line.toLowerCase().startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
}

/** Which framing a head announces; `otherwise` is what a head without any means (`none` or `close`). Contradictions fail. */
export function framingOf(head: MessageHead, otherwise: 'none' | 'close'): Framing {
  const lengths = valuesOf(head.lines, 'content-length');
  const codings = valuesOf(head.lines, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Error(`contradictory framing: ${head.lines.join(' | ')}`);
  if (codings.length > 0) {
    if (codings[0].toLowerCase() !== 'chunked') throw new Error(`unexpected transfer coding ${codings[0]}`);
    return 'chunked';
  }
  if (lengths.length === 0) return otherwise;
  if (!/^\d+$/.test(lengths[0])) throw new Error(`bad content length ${lengths[0]}`);
  return 'length';
}

/** Reads a body into `into`, which shows what has come even while (or though) the rest is missing. */
export async function readBody(reader: ByteReader, head: MessageHead, into: MessageBody): Promise<void> {
  try {
    if (into.framing === 'length') into.body = await reader.take(Number(valuesOf(head.lines, 'content-length')[0]));
    if (into.framing === 'chunked') await readChunks(reader, into);
    if (into.framing === 'close') into.body = await reader.rest();
    into.complete = true;
  } catch (error) {
    if (!(error instanceof EndOfInput)) throw error;
    into.body = Buffer.concat([into.body, reader.leftover()]);
  }
}

async function readChunks(reader: ByteReader, into: MessageBody): Promise<void> {
  for (;;) {
    const sizeLine = (await reader.through('\r\n')).slice(0, -2);
    if (!/^[0-9a-fA-F]+([ \t]*;.*)?$/.test(sizeLine)) throw new Error(`bad chunk size on the wire: ${sizeLine}`);
    const size = Number.parseInt(sizeLine, 16);
    if (size === 0) break;
    into.body = Buffer.concat([into.body, await reader.take(size)]);
    const end = (await reader.take(2)).toString('latin1');
    if (end !== '\r\n') throw new Error(`chunk not followed by CRLF but by ${JSON.stringify(end)}`);
  }
  for (;;) {
    const line = (await reader.through('\r\n')).slice(0, -2);
    if (line === '') return;
    into.trailers.push(line);
  }
}
