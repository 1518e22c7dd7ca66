import type { DeploymentResource } from '@sluice/model/api';
import { printable } from '../terminal/printable.ts';
import type { Style } from '../terminal/style.ts';
import { alignColumns } from '../terminal/style.ts';
import { formatShare } from '../watch/format-figures.ts';
import { labelled } from '../watch/summary-lines.ts';

/** What a deployment would do, as the control plane planned it. */
export interface Plan {
  readonly deployment: DeploymentResource;
  /** Why nothing moves forward now. */
  readonly freeze: string | undefined;
}

type Phase = DeploymentResource['phases'][number];

/** The plan of a deployment as lines: how, where, who approves, the phases, what is measured, and when it starts. */
export function planLines(
  { deployment, freeze }: Plan,
  { style, width }: { readonly style: Style; readonly width: number },
): string[] {
  const { strategy, environment, phases, testers, sticky, gates, supersedes = [], emergency } = deployment;
  const phaseRows = alignColumns(phases.map((phase) => phaseCells(phase)));
  const rows: [string, readonly string[]][] = [
    ['plan', [`${strategy} to ${environment}${emergency ? ' as an emergency' : ''}`]],
    ['approval', [approvalOf(deployment)]],
    ['phases', phaseRows.map((row) => row.trimEnd())],
    ['testers', testers.map((rule) => ('header' in rule ? `header ${rule.header}` : `cookie ${rule.cookie}`))],
    ['sticky', sticky === undefined ? [] : [stickyOf(sticky)]],
    ['gates', gates.map(({ name, type, dryRun }) => `${name} (${type}${dryRun ? ', dry run' : ''})`)],
    ['freeze', freeze === undefined ? [] : [freeze]],
    ['supersedes', supersedes],
    ['starts', [startOf(deployment, freeze)]],
  ];
  return rows.flatMap(([word, texts]) =>
    texts.flatMap((text, index) => labelled(index === 0 ? word : '', printable(text), { width, paint: style.bold })),
  );
}

function approvalOf({ approvalStatus, environment, createdBy }: DeploymentResource): string {
  if (approvalStatus === 'NotRequired') return `none for ${environment}`;
  return `by another person than ${createdBy}, an Operator or Admin, before it starts`;
}

function phaseCells({ name, trafficPercentage, duration, mirror, needsApproval }: Phase): string[] {
  const share = formatShare(trafficPercentage);
  return [
    name === share ? share : `${share} (${name})`,
    duration === '0s' ? '' : `${duration} or longer`,
    mirror === undefined ? '' : `mirrors ${formatShare(mirror.percentage)} to the candidate`,
    needsApproval ? 'after an approval' : '',
  ];
}

function stickyOf(sticky: NonNullable<DeploymentResource['sticky']>): string {
  return `by ${sticky.by}${'name' in sticky ? ` ${sticky.name}` : ''}`;
}

function startOf({ approvalStatus, status, waitingFor, emergency }: DeploymentResource, freeze?: string): string {
  const isFrozen = freeze !== undefined && !emergency;
  if (approvalStatus === 'Pending') return `after the approval${isFrozen ? ', and when the freeze has ended' : ''}`;
  if (status === 'Pending') return isFrozen ? 'when the freeze has ended' : (waitingFor ?? 'at once');
  return 'at once';
}

/** What happens after an approval, in words: which phase, its share and its duration. */
export function nextPhase({ status, phases, currentPhaseIndex }: DeploymentResource, freeze?: string): string {
  const index = Math.max(0, currentPhaseIndex);
  const { name, trafficPercentage, duration } = phases[index];
  const share = formatShare(trafficPercentage);
  const called = name === share ? '' : ` (${name})`;
  const lasts = duration === '0s' ? '' : ` for ${duration} or longer`;
  const phase = `phase ${index + 1} of ${phases.length}${called} gives the candidate ${share}${lasts}`;
  const starts = status === 'Pending' ? (freeze === undefined ? 'it starts now: ' : `it waits. ${freeze} Then `) : '';
  return `${starts}${phase}`;
}
