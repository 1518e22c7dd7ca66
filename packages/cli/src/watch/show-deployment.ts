import type { DeploymentNews, DeploymentResource } from '@sluice/model/api';
import type { Context } from '../command/command.ts';
import { styleFor } from '../terminal/style.ts';
import { Screen, sizeOf } from '../terminal/screen.ts';
import { drawView } from './draw-view.ts';
import { NewsLines } from './plain-lines.ts';
import { firstState, withDeployment, withMetrics } from './watch-state.ts';
import type { WatchState } from './watch-state.ts';

/** A way to show a deployment as it moves. */
export interface DeploymentShow {
  news(news: DeploymentNews): void;
  /** Why nothing is heard at the moment. */
  trouble(text: string): void;
  /** Time has passed, or the terminal has another size. */
  refresh(): void;
  /** Nothing more is shown but the last words, which may be none. May be called again. */
  close(lastWords?: string): void;
}

/** What it is shown with. */
export interface ShowOptions {
  readonly deployment: DeploymentResource;
  readonly context: Pick<Context, 'stdout' | 'stderr' | 'env'>;
  readonly json: boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Drawn in place on a terminal, in plain lines elsewhere; with `json` an object a line. */
export function showDeployment(options: ShowOptions): DeploymentShow {
  const { stdout, env } = options.context;
  if (options.json) return showAsJson(options);
  return stdout.isTTY === true && env['TERM'] !== 'dumb' ? showOnScreen(options) : showAsLines(options);
}

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const usualColumns = 80;

function showOnScreen({ deployment, context, clock }: ShowOptions): DeploymentShow {
  const { stdout, env } = context;
  const screen = new Screen(stdout);
  const style = styleFor(stdout, env);
  let state: WatchState = firstState(deployment);
  let isOpen = true;
  const draw = (isFinal = false): void => {
    const { columns, rows } = sizeOf(stdout);
    // A line is left below, and one for where the cursor stands.
    const size = { columns: Number.isFinite(columns) ? columns : usualColumns, rows: rows - 2 };
    screen.show([...drawView(state, { ...size, now: clock(), style, isFinal }), '']);
  };
  stdout.write(hideCursor);
  draw();
  return {
    news(news) {
      state = nextState(state, news);
      draw();
    },
    trouble(text) {
      state = { ...state, trouble: text };
      draw();
    },
    refresh: () => draw(),
    close(lastWords) {
      if (!isOpen) return;
      isOpen = false;
      draw(true);
      stdout.write(`${lastWords === undefined ? '' : `  ${lastWords}\n`}${showCursor}`);
    },
  };
}

function nextState(state: WatchState, news: DeploymentNews): WatchState {
  if (news.type === 'deployment') return withDeployment(state, news.deployment);
  return news.type === 'metrics' ? withMetrics(state, news.metrics) : { ...state, trouble: undefined };
}

function showAsLines({ deployment, context, clock }: ShowOptions): DeploymentShow {
  const lines = new NewsLines(deployment);
  let troubled = '';
  const write = (line: string): void => void context.stdout.write(`${line}\n`);
  return {
    news(news) {
      troubled = '';
      for (const line of lines.of(news)) write(line);
    },
    trouble(text) {
      if (text !== troubled) write(lines.line(clock(), text));
      troubled = text;
    },
    refresh() {},
    close(lastWords) {
      if (lastWords !== undefined) write(lines.line(clock(), lastWords));
    },
  };
}

function showAsJson({ context: { stdout, stderr } }: ShowOptions): DeploymentShow {
  let troubled = '';
  return {
    news(news) {
      troubled = '';
      stdout.write(`${JSON.stringify(news)}\n`);
    },
    trouble(text) {
      if (text !== troubled) stderr.write(`${text}\n`);
      troubled = text;
    },
    refresh() {},
    close(lastWords) {
      if (lastWords !== undefined) stderr.write(`${lastWords}\n`);
    },
  };
}
