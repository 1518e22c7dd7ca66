import type { Exchange } from './exchange.ts';

/** Passes bytes of the request body on, or holds them until there is a connection. False: the client has to wait. */
export function passRequestBody({ attempt, client }: Exchange, chunk: Buffer, start: number, end: number): boolean {
  const { body, wire } = client;
  const upstream = attempt?.connection;
  body.mirrored(chunk, start, end);
  if (upstream === undefined || body.replayable) return body.hold(chunk, start, end) || body.done;
  const flushed = upstream.sendBody(wire, chunk, start, end);
  if (!body.done) return flushed;
  wire.readExclusively(false, !flushed);
  upstream.requestComplete();
  return true;
}
