import type { DeploymentNews, DeploymentResource } from '@sluice/model/api';
import type { Context } from '../command/command.ts';
import { styleFor } from '../terminal/style.ts';
import { Screen, sizeOf } from '../terminal/screen.ts';
import { drawView } from './draw-view.ts';
import { PlainLines } from './plain-lines.ts';
import { firstState, withDeployment, withMetrics } from './watch-state.ts';
import type { WatchState } from './watch-state.ts';

/** Shows a deployment as it changes. */
export interface DeploymentShow {
  news(news: DeploymentNews): void;
  /** Says that the connection is lost, and that it is being restored. */
  disconnected(text: string): void;
  /** Draws again: time has passed, or the terminal has another size. */
  refresh(): void;
  /** Ends the show, with a last line if there is one. May be called again. */
  close(lastWords?: string): void;
}

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
    // One line stays free below, and one is for the cursor.
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
    disconnected(text) {
      state = { ...state, disconnected: text };
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
  return news.type === 'metrics' ? withMetrics(state, news.metrics) : { ...state, disconnected: undefined };
}

function showAsLines({ deployment, context: { stdout }, clock }: ShowOptions): DeploymentShow {
  const lines = new PlainLines(deployment);
  return showOneByOne({
    write: (news) => lines.of(news).forEach((line) => void stdout.write(`${line}\n`)),
    say: (text) => stdout.write(`${lines.line(clock(), text)}\n`),
  });
}

function showAsJson({ context: { stdout, stderr } }: ShowOptions): DeploymentShow {
  return showOneByOne({
    write: (news) => stdout.write(`${JSON.stringify(news)}\n`),
    say: (text) => stderr.write(`${text}\n`),
  });
}

/** Where nothing is drawn over, a lost connection is said once. */
function showOneByOne({
  write,
  say,
}: {
  write(news: DeploymentNews): unknown;
  say(text: string): unknown;
}): DeploymentShow {
  let said = '';
  return {
    news(news) {
      said = '';
      write(news);
    },
    disconnected(text) {
      if (text !== said) say(text);
      said = text;
    },
    refresh() {},
    close(lastWords) {
      if (lastWords !== undefined) say(lastWords);
    },
  };
}
