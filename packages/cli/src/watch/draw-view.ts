import type { DeploymentResource } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';
import { figuresTable } from './figures-table.ts';
import { formatClock } from './format-figures.ts';
import { phaseBar } from './phase-bar.ts';
import type { PartOptions } from './phase-bar.ts';
import { checkLines, labelled, summaryLines } from './summary-lines.ts';
import { versionsOf } from './versions-of.ts';
import type { WatchState } from './watch-state.ts';

/** How a view is drawn. */
export interface ViewOptions {
  /** Of the terminal. */
  readonly columns: number;
  /** Of the terminal; without it as many lines as there are. */
  readonly rows?: number | undefined;
  /** The view is not drawn again, so no room is kept for longer texts. */
  readonly isFinal?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly style: Style;
}

/** Lines with a rank. In a low terminal the highest ranks are left out first. */
type Part = readonly [rank: number, lines: readonly string[]];

/** A wider view would be harder to read. */
const widest = 96;
const narrowest = 24;
const margin = '  ';
/** The sentence at the end takes one line to four: what stands below must not jump. */
const sentenceLines = 4;
const blank: Part = [2, ['']];

/** A deployment at one moment: its versions, its phases, the figures of both versions, and the conclusion. */
export function drawView(state: WatchState, { columns, rows, isFinal = false, now, style }: ViewOptions): string[] {
  const width = Math.max(narrowest, Math.min(widest, columns - 1)) - 2 * margin.length;
  const options = { width, now, style };
  const { deployment } = state;
  const summary = summaryLines(state, options);
  const [names, bar, clock] = phaseBar(deployment, options);
  const parts: readonly Part[] = [
    blank,
    [0, titleLines(deployment, options)],
    [1, [style.dim(short(subtitle(deployment), width))]],
    blank,
    ...(names === undefined ? [] : ([[0, [names, bar]], [1, [clock]], blank] satisfies Part[])),
    [1, nodeLines(deployment, options)],
    [0, figuresTable(state, options)],
    blank,
    [1, checkLines(state.figures?.checks ?? [], options)],
    [0, summary],
    [2, Array.from({ length: isFinal ? 0 : Math.max(0, sentenceLines - summary.length) }, () => '')],
  ];
  return fitting(parts, rows).map((line) => (line === '' ? '' : margin + line));
}

function fitting(parts: readonly Part[], rows = Number.POSITIVE_INFINITY): string[] {
  const upTo = (highest: number): string[] => parts.flatMap(([rank, lines]) => (rank <= highest ? lines : []));
  return [2, 1].map((rank) => upTo(rank)).find(({ length }) => length <= rows) ?? upTo(0);
}

/** Each route with its old and new version; the first line ends with the time so far. */
function titleLines(deployment: DeploymentResource, { width, now, style }: PartOptions): string[] {
  const { routes, createdAt, completedAt } = deployment;
  const until = completedAt === undefined ? now : Date.parse(completedAt);
  const clock = formatClock(until - Date.parse(createdAt));
  const [first = '', ...others] = routes.map((route) => printable(`${route.routeId}  ${versionsOf(route)}`));
  const room = width - clock.length - 2;
  const title = short(first, room);
  return [
    `${style.bold(title)}${' '.repeat(room - title.length + 2)}${clock}`,
    ...others.map((line) => style.bold(short(line, width))),
  ];
}

function subtitle({ strategy, environment, deploymentId }: DeploymentResource): string {
  return printable(`${strategy}, ${environment}, ${deploymentId}`);
}

function short(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Node by node: how far it is. */
function nodeLines({ step }: DeploymentResource, options: PartOptions): string[] {
  if (step?.kind === 'warming') return [...labelled('nodes', 'preparing the candidate', options), ''];
  if (step?.kind === 'settling') return [...labelled('nodes', 'confirming that they run it', options), ''];
  if (step?.kind !== 'rolling') return [];
  const turning = step.turning.map(({ nodeId, stage }) => `${printable(nodeId)} ${stage}`);
  return [...labelled('nodes', [`${step.done.length} changed`, ...turning].join(', '), options), ''];
}
