import { numberText, percentText } from '../number-text.ts';
import type { JudgeName } from './judges/index.ts';
import { refusalLimits } from './refusal-truths.ts';
import { percentile, runsIn, sumOfTallies } from './tally.ts';
import type { Tally } from './tally.ts';
import type { Truth } from './truth.ts';

/** The results of the judges for one truth. */
export interface Cell {
  readonly truth: Pick<Truth, 'name' | 'service' | 'kind' | 'rate'>;
  readonly tallies: Readonly<Partial<Record<JudgeName, Tally>>>;
}

const rivals: readonly JudgeName[] = ['fixed', 'failureLimit', 'mannWhitney'];

/** The table of candidates that are as good as the stable version: every rollback is a false alarm. */
export function equalTable(cells: readonly Cell[]): string {
  const ours = ['Deployments', 'Rolled back', 'Asks', 'Minutes: median, p95'];
  const head = row(['Candidate', 'Stable version', 'Requests/s', ...ours, ...rivalNames]);
  const rows = groupsOf(cells, equalKey).map(equalRow);
  return [head, row(Array.from({ length: 10 }, (_, column) => (column < 2 ? '---' : '--:'))), ...rows].join('\n');
}

/** The plain equal candidates have a row for each stable version, the others one for all of them. */
function equalKey({ truth: { name, service, rate } }: Cell): string {
  return `${name}|${name === 'equal' ? service : ''}|${rate}`;
}

/** A row of `equalTable`. */
export function equalRow(cells: readonly Cell[]): string {
  const [first] = cells;
  const ours = tallyIn(cells, 'ours');
  return row([
    first?.truth.name ?? '',
    cells.length > 1 ? 'all of them' : (first?.truth.service ?? ''),
    rateText(cells),
    numberText(runsIn(ours)),
    shareText(ours.rolledBack, ours),
    shareText(ours.asked, ours),
    spreadText(ours.minutes),
    ...rivals.map((rival) => shareText(tallyIn(cells, rival).rolledBack, tallyIn(cells, rival))),
  ]);
}

/** The table of candidates that are worse by the limit or more: every completed one was missed. */
export function badTable(cells: readonly Cell[]): string {
  const head = row([
    'Candidate',
    'Requests/s',
    'Deployments',
    'Missed',
    'Asks',
    'Requests until detection: median, p95',
    'Seconds: median, p95',
    ...rivalNames.map((name) => `${name}: missed, median requests`),
  ]);
  const rows = groupsOf(cells, ({ truth: { name, rate } }) => `${name}|${rate}`).map(badRow);
  return [head, row(Array.from({ length: 10 }, (_, column) => (column < 1 ? '---' : '--:'))), ...rows].join('\n');
}

/** A row of `badTable`, for all stable versions together. */
export function badRow(cells: readonly Cell[]): string {
  const ours = tallyIn(cells, 'ours');
  return row([
    cells[0]?.truth.name ?? '',
    rateText(cells),
    numberText(runsIn(ours)),
    shareText(ours.completed, ours),
    shareText(ours.asked, ours),
    spreadText(ours.requests),
    spreadText(ours.seconds),
    ...rivals.map((rival) => {
      const tally = tallyIn(cells, rival);
      return `${shareText(tally.completed, tally)}, ${valueText(percentile(tally.requests, 0.5))}`;
    }),
  ]);
}

/** The table of candidates that refuse requests, judged by Sluice alone. */
export function refusalTable(cells: readonly Cell[]): string {
  const head = row([
    'The candidate refuses',
    'Requests/s',
    'Deployments',
    'Rolled back',
    'Asks',
    'Requests until detection: median, p95',
    'Seconds: median, p95',
  ]);
  const rows = groupsOf(cells, ({ truth: { name, rate } }) => `${name}|${rate}`).map(refusalRow);
  return [head, row(Array.from({ length: 7 }, (_, column) => (column < 1 ? '---' : '--:'))), ...rows].join('\n');
}

/** A row of `refusalTable`, for all stable versions together. */
export function refusalRow(cells: readonly Cell[]): string {
  const ours = tallyIn(cells, 'ours');
  return row([
    cells[0]?.truth.name ?? '',
    rateText(cells),
    numberText(runsIn(ours)),
    shareText(ours.rolledBack, ours),
    shareText(ours.asked, ours),
    spreadText(ours.requests),
    spreadText(ours.seconds),
  ]);
}

/** The table of versions that differ in how much they refuse: for each limit, what becomes of the candidate. */
export function refusalRatesTable(cells: readonly Cell[]): string {
  const judged = ['rolled back', 'asks', 'requests until detection: median, p95'];
  const head = row([
    'Refused: stable, candidate',
    'Requests/s',
    'Deployments',
    ...refusalLimits.flatMap((limit) => judged.map((what) => `At ${limit}: ${what}`)),
  ]);
  const rows = groupsOf(cells, ({ truth: { name, rate } }) => `${name}|${rate}`).map((group) =>
    row([
      group[0]?.truth.name ?? '',
      rateText(group),
      numberText(runsIn(tallyIn(group.slice(0, 1), 'ours'))),
      ...group.flatMap(({ tallies: { ours } }) =>
        ours === undefined
          ? []
          : [shareText(ours.rolledBack, ours), shareText(ours.asked, ours), spreadText(ours.requests)],
      ),
    ]),
  );
  return [head, row(Array.from({ length: 9 }, (_, column) => (column < 1 ? '---' : '--:'))), ...rows].join('\n');
}

const rivalNames = ['Fixed threshold', 'failureLimit', 'Mann-Whitney'];

function tallyIn(cells: readonly Cell[], judge: JudgeName): Tally {
  return sumOfTallies(cells.flatMap(({ tallies }) => tallies[judge] ?? []));
}

function groupsOf(cells: readonly Cell[], key: (cell: Cell) => string): readonly (readonly Cell[])[] {
  return [...Map.groupBy(cells, key).values()];
}

function rateText(cells: readonly Cell[]): string {
  return numberText(cells[0]?.truth.rate ?? 0);
}

function shareText(count: number, tally: Tally): string {
  return count === 0 ? '0 %' : percentText(count / runsIn(tally));
}

function spreadText(values: readonly number[]): string {
  return `${valueText(percentile(values, 0.5))}, ${valueText(percentile(values, 0.95))}`;
}

function valueText(value: number | undefined): string {
  return value === undefined ? '–' : numberText(value);
}

function row(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
