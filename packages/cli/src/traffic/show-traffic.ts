import type { EventEmitter } from 'node:events';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { printJson } from '../terminal/print.ts';
import { Screen, sizeOf } from '../terminal/screen.ts';
import { styleFor } from '../terminal/style.ts';
import { trafficLines, trafficRecord } from './traffic-table.ts';
import type { Traffic, TrafficOrder } from './traffic-table.ts';

export interface ShowTrafficOptions {
  readonly read: () => Promise<Traffic>;
  readonly order: TrafficOrder;
  readonly json: boolean;
  readonly context: Pick<Context, 'stdout' | 'stderr' | 'env'>;
  /** Ends the show. */
  readonly signal: AbortSignal;
  /** Resolves when it is time for the next look, or when the signal is aborted. */
  readonly next: () => Promise<unknown>;
}

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const [usualColumns, usualRows] = [80, 24];

/** Shows what is busy, look by look: drawn in place on a terminal, in plain lines elsewhere. Rejects if the first look fails. */
export async function showTraffic(options: ShowTrafficOptions): Promise<void> {
  const { stdout, env } = options.context;
  const isScreen = !options.json && stdout.isTTY === true && env['TERM'] !== 'dumb';
  const show = isScreen ? onScreen(options) : inLines(options);
  const resizing = stdout as Partial<EventEmitter>;
  resizing.on?.('resize', show.again);
  process.on('exit', show.close);
  let hasWorked = false;
  try {
    while (!options.signal.aborted) {
      try {
        show.look(await options.read());
        hasWorked = true;
      } catch (error) {
        if (!hasWorked || !(error instanceof CommandFailure)) throw error;
        show.failed(error.message);
      }
      await options.next();
    }
  } finally {
    resizing.off?.('resize', show.again);
    process.off('exit', show.close);
    show.close();
  }
}

interface Show {
  look(traffic: Traffic): void;
  failed(reason: string): void;
  /** Draws the last look again: the terminal has another size. */
  again(): void;
  /** Leaves a terminal that can be worked in. May be called again. */
  close(): void;
}

function onScreen({ context: { stdout, env }, order }: ShowTrafficOptions): Show {
  const screen = new Screen(stdout);
  const style = styleFor(stdout, env);
  let last: Traffic | undefined;
  let reason = '';
  let isOpen = true;
  const draw = (): void => {
    if (last === undefined) return;
    const { columns, rows } = sizeOf(stdout);
    const size = {
      width: Number.isFinite(columns) ? columns - 1 : usualColumns,
      height: (Number.isFinite(rows) ? rows : usualRows) - 2,
    };
    const note = reason === '' ? [] : [style.yellow(reason)];
    screen.show([...trafficLines(last, { order, style, ...size }), ...note]);
  };
  stdout.write(hideCursor);
  return {
    look(traffic) {
      [last, reason] = [traffic, ''];
      draw();
    },
    failed(text) {
      reason = text;
      draw();
    },
    again: draw,
    close() {
      if (isOpen) stdout.write(showCursor);
      isOpen = false;
    },
  };
}

function inLines({ context, order, json }: ShowTrafficOptions): Show {
  return {
    look(traffic) {
      if (json) printJson(traffic, context as Context);
      else context.stdout.write(`${trafficRecord(traffic, order).join('\n')}\n`);
    },
    failed: (reason) => context.stderr.write(`${reason}\n`),
    again() {},
    close() {},
  };
}
