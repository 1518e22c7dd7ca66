/** What a parser makes of the beginning of a stream. Texts are latin1. */
export type Reading =
  | { readonly verdict: 'refused'; readonly reason: string }
  /** The head is not complete. */
  | { readonly verdict: 'incomplete' }
  /** A head was accepted. */
  | { readonly verdict: 'message'; readonly message: Message };

/** A message as a parser understands it; its body may still be coming. */
export interface Message {
  /** Requests: method and target; responses: the status. */
  readonly start: string;
  readonly minorVersion: number;
  readonly fields: readonly Line[];
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  readonly body: string;
  readonly trailers: readonly Line[];
  /** What is not payload in a chunked body: each span has a line with a size. */
  readonly framing: readonly Span[];
  /** `cut`: ends only with the connection; `open`: more must come; `broken`: its framing is violated. */
  readonly ending: 'complete' | 'open' | 'cut' | 'broken';
  /** Offset of the first byte after the message, or after what has come of it. */
  readonly end: number;
}

/** Offsets of the first byte, and of the one after the last. */
export type Span = readonly [from: number, to: number];

/** Name and value of a field. */
export type Line = readonly [name: string, value: string];

/** The method of the request that a response answers, or `request` when the stream is the client's. */
export type Direction = 'request' | 'GET' | 'HEAD';
