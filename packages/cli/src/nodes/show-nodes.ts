import type { Context } from '../command.ts';
import { CommandFailure } from '../command.ts';
import { styleFor } from '../style.ts';
import { nodeLines, nodeTable } from './node-table.ts';
import type { NodesAnswer } from './read-nodes.ts';

/** How nodes are shown. */
export interface ShowOptions {
  readonly json: boolean;
  readonly read: () => Promise<NodesAnswer>;
  readonly context: Pick<Context, 'stdout' | 'stderr' | 'env'>;
}

/** How they are shown again and again. */
export interface WatchOptions extends ShowOptions {
  /** Resolves when it is time to look again. Rejects to end the watch. */
  readonly next: () => Promise<void>;
  readonly now: () => Date;
}

/** Shows the nodes once. */
export async function showNodes({ json, read, context }: ShowOptions): Promise<void> {
  const answer = await read();
  const lines = json ? [JSON.stringify(answer)] : nodeTable(answer, styleFor(context.stdout, context.env));
  context.stdout.write(`${lines.join('\n')}\n`);
}

/**
 * Shows the nodes again and again: a terminal is drawn anew, anything else gets lines that stand by themselves. While the
 * management API is away it says so and goes on.
 */
export async function watchNodes(options: WatchOptions): Promise<never> {
  const { json, read, context, next, now } = options;
  const { stdout, env } = context;
  const draw = stdout.isTTY === true && !json ? new Screen(stdout) : undefined;
  for (;;) {
    try {
      const answer = await read();
      if (draw !== undefined) draw.show(nodeTable(answer, styleFor(stdout, env)));
      else stdout.write(plain(json ? [JSON.stringify(answer)] : nodeLines(answer, now())));
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      if (draw === undefined) context.stderr.write(`${error.message}\n`);
      else draw.show([styleFor(stdout, env).red(error.message)]);
    }
    await next();
  }
}

function plain(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** A part of the terminal that is drawn over: up to where it began, each line anew, and nothing left below. */
class Screen {
  readonly #output: ShowOptions['context']['stdout'];
  #height = 0;

  constructor(output: ShowOptions['context']['stdout']) {
    this.#output = output;
  }

  show(lines: readonly string[]): void {
    const { columns = Number.POSITIVE_INFINITY } = this.#output as { columns?: number };
    const up = this.#height === 0 ? '' : `\u001B[${this.#height}A`;
    this.#output.write(`${up}\r${lines.map((line) => `${cut(line, columns)}\u001B[K\n`).join('')}\u001B[J`);
    this.#height = lines.length;
  }
}

/** A line that is longer than the terminal would take two, and be drawn over as one. Styles take no place. */
function cut(line: string, columns: number): string {
  let left = columns;
  // oxlint-disable-next-line no-control-regex -- styles begin with one
  return line.replaceAll(/(?<style>\u{1B}\[[0-9;]*m)|./gsu, (mark, style: string | undefined) => {
    if (style !== undefined) return style;
    return left-- > 0 ? mark : '';
  });
}
