/** A server-sent event as it arrived. */
export interface ReceivedEvent {
  readonly event: string;
  readonly data: string;
}

/** What ends the lines of a stream of events, and what is left of a byte order mark (HTML Standard, section 9.2.5). */
const lineEnd = /\r\n|\n|\r/;

/**
 * Reads server-sent events (HTML Standard, section 9.2.6) until the stream ends; an event that is not complete by then is
 * dropped. `next` reads the following piece: it may give up with an error of its own.
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
    // The second half of a line end may be on its way.
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
