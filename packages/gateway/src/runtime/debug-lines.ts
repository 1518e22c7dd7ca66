/** Writes a line of the level debug. */
export type DebugLine = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** The most lines of one second: under load, more of them would be work for the main thread, and nobody reads them. */
const mostPerSecond = 100;

/** Passes on so many lines of a second, and says how many were left out. `now` is in milliseconds. */
export function limitedDebugLines(write: DebugLine, now: () => number): DebugLine {
  let second = 0;
  let lines = 0;
  return (message, fields) => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      const leftOut = lines - mostPerSecond;
      [second, lines] = [current, 0];
      if (leftOut > 0) write('more lines than can be written were left out', { lines: leftOut });
    }
    lines++;
    if (lines <= mostPerSecond) write(message, fields);
  };
}
