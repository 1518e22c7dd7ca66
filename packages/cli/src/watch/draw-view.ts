import type { DeploymentResource } from '@sluice/model/api';
import type { Style } from '../style.ts';
import { printable } from '../terminal/printable.ts';
import { figuresTable } from './figures-table.ts';
import { formatClock } from './format-figures.ts';
import { phaseBar } from './phase-bar.ts';
import { standingOf } from './standing.ts';
import { versionsOf } from './versions-of.ts';
import { hasEnded } from './watch-state.ts';
import type { Figures, WatchState } from './watch-state.ts';
import { wrapText } from './wrap-text.ts';

/** How a view is drawn. */
export interface ViewOptions {
  /** Of the terminal. */
  readonly columns: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly style: Style;
}

/** Wider ones are harder to read, not easier. */
const widest = 96;
const narrowest = 44;
const margin = '  ';
/** Where texts begin behind their labels; the first column of the table. */
const labelColumn = 13;
/** The sentence below may take a line or three: what stands above must not jump. */
const sentenceLines = 3;

/** A deployment as it stands: what it is, its phases, both sides in figures, and what they come to. */
export function drawView(state: WatchState, { columns, now, style }: ViewOptions): string[] {
  const width = Math.max(narrowest, Math.min(widest, columns - 1)) - 2 * margin.length;
  const { deployment } = state;
  const bar = phaseBar(deployment, { width, now, style });
  const lines = [
    '',
    ...heading(deployment, { width, now, style }),
    '',
    ...(bar.length === 0 ? [] : [...bar, '']),
    ...nodeLine(deployment),
    ...figuresTable(state, { width, style }),
    '',
    ...checkLine(state.figures?.checks ?? [], width, style),
    ...sentence(state, { width, style }),
  ];
  return lines.map((line) => (line === '' ? '' : margin + line));
}

function heading(
  deployment: DeploymentResource,
  { width, now, style }: { width: number; now: number; style: Style },
): string[] {
  const { deploymentId, strategy, environment, createdAt, completedAt } = deployment;
  const until = completedAt === undefined ? now : Date.parse(completedAt);
  const clock = formatClock(until - Date.parse(createdAt));
  const [first = '', ...others] = versions(deployment);
  const facts = printable(`${strategy}, ${environment}, ${deploymentId}`);
  return [
    ends(first, clock, { width, left: style.bold }),
    ...others.map((line) => style.bold(short(line, width))),
    style.dim(short(facts, width)),
  ];
}

/** Each route with the versions it goes from and to. */
function versions({ routes }: DeploymentResource): string[] {
  return routes.map((route) => printable(`${route.routeId}  ${versionsOf(route)}`));
}

/** A text at the left and one at the right end of a line. */
function ends(left: string, right: string, { width, left: style }: { width: number; left: Style['bold'] }): string {
  const room = width - right.length - 2;
  const text = short(left, room);
  return `${style(text)}${' '.repeat(room - text.length + 2)}${right}`;
}

function short(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Node by node: how far it is. */
function nodeLine({ step }: DeploymentResource): string[] {
  if (step?.kind === 'warming') return [labelled('nodes', 'make the candidate ready'), ''];
  if (step?.kind !== 'rolling') return [];
  const turning = step.turning.map(({ nodeId, stage }) => `${printable(nodeId)} ${stage}`);
  return [labelled('nodes', [`${step.done.length} changed`, ...turning].join(', ')), ''];
}

function labelled(word: string, text: string, style: Style['bold'] = (each) => each): string {
  return style(word) + ' '.repeat(Math.max(2, labelColumn - word.length)) + text;
}

/** What each check and gate says, in one line. */
function checkLine(checks: Figures['checks'], width: number, { red, green, dim }: Style): string[] {
  const colour = (result: string): Style['red'] => {
    if (['worse', 'fail'].includes(result)) return red;
    return ['fine', 'pass'].includes(result) ? green : dim;
  };
  let used = labelColumn;
  const parts: string[] = [];
  for (const { name, result, dryRun } of checks) {
    const [what, how] = [wordsOf(name), wordsOf(result)];
    used += what.length + how.length + (dryRun ? ' (dry run)'.length : 0) + 4;
    if (used > width + 3) break;
    parts.push(`${what} ${colour(result)(how)}${dryRun ? dim(' (dry run)') : ''}`);
  }
  return parts.length === 0 ? [] : [labelled('checks', parts.join(dim(' · ')))];
}

/** Names of the API as words: `clientErrors` becomes `client errors`. */
function wordsOf(name: string): string {
  return printable(name).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Where it stands in a word, and why in a sentence; what can be done where somebody has to. */
function sentence(state: WatchState, { width, style }: { width: number; style: Style }): string[] {
  const { word, tone, text, advice } = standingOf(state);
  const wrapped = wrapText(printable(text), width - labelColumn);
  const [first = '', ...others] = wrapped;
  const filled = hasEnded(state.deployment) ? 0 : Math.max(0, sentenceLines - wrapped.length - advice.length);
  return [
    labelled(word, first, (each) => style.bold(style[tone](each))).trimEnd(),
    ...[...others, ...advice].map((line) => ' '.repeat(labelColumn) + line),
    ...Array.from({ length: filled }, () => ''),
  ];
}
