import type { DeploymentResource } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';
import { figuresTable } from './figures-table.ts';
import { formatClock } from './format-figures.ts';
import { phaseBar } from './phase-bar.ts';
import { checkLines, labelled, standingLines } from './summary-lines.ts';
import { versionsOf } from './versions-of.ts';
import type { WatchState } from './watch-state.ts';

/** How a view is drawn. */
export interface ViewOptions {
  /** Of the terminal. */
  readonly columns: number;
  /** Of the terminal; without it as many lines as there are. */
  readonly rows?: number | undefined;
  /** Nothing is drawn in its place any more: no room has to be kept. */
  readonly isFinal?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly style: Style;
}

/** The same for the parts of a view, with the signs that a line may have. */
interface PartOptions {
  readonly width: number;
  readonly now: number;
  readonly style: Style;
}

/** Lines with a rank: in a low terminal those of the highest go first. */
type Part = readonly [rank: number, lines: readonly string[]];

/** Wider ones are harder to read, not easier. */
const widest = 96;
const narrowest = 44;
const margin = '  ';
/** The sentence at the end may take a line or four: what comes below must not jump. */
const sentenceLines = 4;
const blank: Part = [2, ['']];

/** A deployment as it stands: what it is, its phases, both sides in figures, and what they come to. */
export function drawView(state: WatchState, { columns, rows, isFinal = false, now, style }: ViewOptions): string[] {
  const width = Math.max(narrowest, Math.min(widest, columns - 1)) - 2 * margin.length;
  const options = { width, now, style };
  const { deployment } = state;
  const standing = standingLines(state, options);
  const [names, bar, clock] = phaseBar(deployment, options);
  const parts: readonly Part[] = [
    blank,
    [0, titleLines(deployment, options)],
    [1, [style.dim(short(factsOf(deployment), width))]],
    blank,
    ...(names === undefined ? [] : ([[0, [names, bar]], [1, [clock]], blank] satisfies Part[])),
    [1, nodeLines(deployment)],
    [0, figuresTable(state, options)],
    blank,
    [1, checkLines(state.figures?.checks ?? [], options)],
    [0, standing],
    [2, Array.from({ length: isFinal ? 0 : Math.max(0, sentenceLines - standing.length) }, () => '')],
  ];
  return fitting(parts, rows).map((line) => (line === '' ? '' : margin + line));
}

function fitting(parts: readonly Part[], rows = Number.POSITIVE_INFINITY): string[] {
  const upTo = (highest: number): string[] => parts.flatMap(([rank, lines]) => (rank <= highest ? lines : []));
  return [2, 1].map((rank) => upTo(rank)).find(({ length }) => length <= rows) ?? upTo(0);
}

/** Each route with the versions it goes from and to; for how long at the end of the first. */
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

function factsOf({ strategy, environment, deploymentId }: DeploymentResource): string {
  return printable(`${strategy}, ${environment}, ${deploymentId}`);
}

function short(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Node by node: how far it is. */
function nodeLines({ step }: DeploymentResource): string[] {
  if (step?.kind === 'warming') return [labelled('nodes', 'make the candidate ready'), ''];
  if (step?.kind === 'settling') return [labelled('nodes', 'say whether they run it'), ''];
  if (step?.kind !== 'rolling') return [];
  const turning = step.turning.map(({ nodeId, stage }) => `${printable(nodeId)} ${stage}`);
  return [labelled('nodes', [`${step.done.length} changed`, ...turning].join(', ')), ''];
}
