import { parseDuration } from '@sluice/model';
import type { DeploymentResource } from '@sluice/model/api';
import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';
import { formatClock } from './format-figures.ts';

type Phase = DeploymentResource['phases'][number];

/** How a part of the view is drawn. */
export interface PartOptions {
  /** Characters that a line may have. */
  readonly width: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly style: Style;
}

/** A narrower phase has no room for its name, `… 100 %` at the least. */
const narrowest = 8;
const narrowestInNarrowView = 7;
const narrowView = 40;
const gap = 1;

/** The phases in three lines: their names, bars that fill with time, and the clock of the current phase. */
export function phaseBar(deployment: DeploymentResource, { width, now, style }: PartOptions): string[] {
  const { phases, currentPhaseIndex } = deployment;
  if (phases.length === 0) return [];
  const places = shownPlaces(phases.length, currentPhaseIndex, width);
  const size = Math.floor((width - gap * (places.length - 1)) / places.length);
  const names = places.map((place, index) => {
    const isBehindOthers = place !== (places[index - 1] ?? -1) + 1;
    return colour(phases[place], style)(label(phases[place], size, isBehindOthers));
  });
  const bars = places.map((place) => drawBar(phases[place], size, { now, style }));
  const clock = clockLine(phases[currentPhaseIndex], {
    column: places.indexOf(currentPhaseIndex) * (size + gap),
    width,
    now,
  });
  return [names.join(' '), bars.join(' '), clock].map((line) => line.trimEnd());
}

/** As many phases as can be named: those around the current one, and always the last. */
function shownPlaces(total: number, current: number, width: number): number[] {
  const least = width < narrowView ? narrowestInNarrowView : narrowest;
  const count = Math.max(1, Math.min(total, Math.floor((width + gap) / (least + gap))));
  const around = Math.max(1, count - 1);
  const middle = Math.max(0, current) - Math.floor(around / 2);
  const first = Math.max(0, Math.min(total - 1 - around, middle));
  const places = Array.from({ length: around }, (_, index) => first + index);
  return count === 1 ? [Math.max(0, current)] : [...places, total - 1];
}

function label(phase: Phase, size: number, isBehindOthers: boolean): string {
  const name = isBehindOthers ? `… ${printable(phase.name)}` : printable(phase.name);
  return (name.length > size ? `${name.slice(0, size - 1)}…` : name).padEnd(size);
}

function drawBar(phase: Phase, size: number, { now, style }: Pick<PartOptions, 'now' | 'style'>): string {
  const full = Math.round(size * progress(phase, now));
  const rest = style.dim('─'.repeat(size - full));
  return `${full === 0 ? '' : colour(phase, style)('━'.repeat(full))}${size === full ? '' : rest}`;
}

/** 0 to 1. A phase without a planned length is full while it lasts. */
function progress(phase: Phase, now: number): number {
  const { status, startedAt, completedAt } = phase;
  const duration = lengthOf(phase);
  if (status === 'Completed') return 1;
  if (startedAt === undefined || status === 'Pending' || status === 'Skipped') return 0;
  if (duration === 0) return 1;
  const until = completedAt === undefined ? now : Date.parse(completedAt);
  return Math.max(0, Math.min(1, (until - Date.parse(startedAt)) / duration));
}

function colour({ status }: Phase, { bold, dim, green, red, yellow }: Style): (text: string) => string {
  switch (status) {
    case 'Completed':
      return green;
    case 'InProgress':
      return bold;
    case 'RolledBack':
      return red;
    case 'AwaitingApproval':
      return yellow;
    default:
      return dim;
  }
}

/** Under the current phase: how long it has lasted, and its planned length. */
function clockLine(
  phase: Phase | undefined,
  { column, width, now }: { column: number; width: number; now: number },
): string {
  if (phase?.startedAt === undefined || phase.status !== 'InProgress') return '';
  const passed = now - Date.parse(phase.startedAt);
  const text = `${formatClock(passed)}${planned(lengthOf(phase), passed)}`;
  return ' '.repeat(Math.max(0, Math.min(column, width - text.length))) + text;
}

function planned(duration: number, passed: number): string {
  if (duration === 0) return '';
  return passed < duration ? ` of ${formatClock(duration)}` : ` (${formatClock(duration)} planned)`;
}

/** Milliseconds. */
function lengthOf({ duration }: Phase): number {
  return parseDuration(duration) ?? 0;
}
