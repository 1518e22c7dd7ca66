/** A server-sent event as it was received. */
export interface ReceivedEvent {
  readonly event: string;
  readonly data: string;
}

/** The line ends of an event stream (HTML Standard, section 9.2.5). */
const lineEnd = /\r\n|\n|\r/;

/**
 * Reads server-sent events (HTML Standard, section 9.2.6) until the stream ends. An incomplete last event is dropped. `next`
 * reads the next piece; its errors are passed on. Our own, since the client runs in a browser without a bundle.
 */
export async function* readEvents(
  next: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>,
): AsyncGenerator<ReceivedEvent, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  for (;;) {
    const { done, value } = await next();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    // The second half of the line end may still come.
    const isHalf = rest.endsWith('\r');
    const lines = (isHalf ? rest.slice(0, -1) : rest).split(lineEnd);
    rest = (lines.pop() ?? '') + (isHalf ? '\r' : '');
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
        [event, data] = ['', []];
      } else {
        const [, field, content = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        if (field === 'event') event = content;
        if (field === 'data') data.push(content);
      }
    }
  }
}
