import type { Context } from '../command/command.ts';
import { CommandFailure } from '../command/command.ts';
import { styleFor } from '../terminal/style.ts';
import { Screen, sizeOf } from '../terminal/screen.ts';
import { nodeLines, nodeTable } from './node-table.ts';
import type { NodesAnswer } from './read-nodes.ts';

export interface ShowOptions {
  readonly json: boolean;
  readonly read: () => Promise<NodesAnswer>;
  readonly context: Pick<Context, 'stdout' | 'stderr' | 'env'>;
}

export interface WatchOptions extends ShowOptions {
  /** Resolves when it is time to read again; rejects to stop. */
  readonly next: () => Promise<void>;
  readonly now: () => Date;
}

/** Shows the nodes once. */
export async function showNodes({ json, read, context }: ShowOptions): Promise<void> {
  const answer = await read();
  const lines = json ? [JSON.stringify(answer)] : nodeTable(answer, optionsFor(context));
  context.stdout.write(`${lines.join('\n')}\n`);
}

/**
 * Shows the nodes repeatedly: a terminal is redrawn, a pipe gets complete lines. While the management API is away, it says so
 * and continues.
 */
export async function watchNodes(options: WatchOptions): Promise<never> {
  const { json, read, context, next, now } = options;
  const { stdout, env } = context;
  const draw = stdout.isTTY === true && !json ? new Screen(stdout) : undefined;
  for (;;) {
    try {
      const answer = await read();
      if (draw !== undefined) draw.show(nodeTable(answer, optionsFor(context)));
      else stdout.write(plain(json ? [JSON.stringify(answer)] : nodeLines(answer, now())));
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      if (draw === undefined) context.stderr.write(`${error.message}\n`);
      else draw.show([styleFor(stdout, env).red(error.message)]);
    }
    await next();
  }
}

function optionsFor({ stdout, env }: ShowOptions['context']): Parameters<typeof nodeTable>[1] {
  return { style: styleFor(stdout, env), width: sizeOf(stdout).columns };
}

function plain(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
