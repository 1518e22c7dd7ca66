/** What a stream is made of. */
export interface StreamParts<T> {
  /** Called when the stream is read for the first time. What it throws fails the stream. */
  readonly begin: () => T;
  /** The next piece; undefined at the end. */
  readonly next: (begun: T) => Promise<Uint8Array | undefined>;
  /** Called at the end, and when the reader leaves. */
  readonly end: (begun: T) => void;
}

/** A stream that begins when it is read for the first time: the answer to a HEAD request, which nobody reads, begins nothing. */
export function lazyStream<T extends object>({ begin, next, end }: StreamParts<T>): ReadableStream<Uint8Array> {
  let begun: T | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        begun ??= begin();
        const piece = await next(begun);
        if (piece !== undefined) return controller.enqueue(piece);
        end(begun);
        controller.close();
      },
      cancel() {
        if (begun !== undefined) end(begun);
      },
    },
    // Nothing is produced before it is read.
    { highWaterMark: 0 },
  );
}
