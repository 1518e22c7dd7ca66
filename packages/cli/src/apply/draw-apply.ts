import type { Context } from '../command/command.ts';
import { planLines } from '../deployments/plan-lines.ts';
import { drawDifference } from '../difference/draw-difference.ts';
import { counted } from '../terminal/counted.ts';
import { sizeOf } from '../terminal/screen.ts';
import { styleFor } from '../terminal/style.ts';
import type { ApplyPlan, PlannedTrial } from './plan-apply.ts';

/** What goes live at once, and what of it stays as it is, as lines. */
export function drawAtOnce({ changes, kept }: ApplyPlan, { stdout, env }: Context): string[] {
  const lines = drawDifference(changes, styleFor(stdout, env), sizeOf(stdout).columns);
  const verb = kept === 1 ? 'stays as it is' : 'stay as they are';
  const stays =
    kept === 0 ? [] : [`${counted(kept, 'other')} ${verb} (--prune removes what the file does not mention)`];
  return [...lines, ...(stays.length > 0 && lines.length > 0 ? [''] : []), ...stays];
}

/** The routes whose change is measured, as lines; with the plan of each deployment when it is asked for. */
export function drawTrials(
  { trials }: ApplyPlan,
  { stdout, env }: Context,
  plan?: { readonly freeze?: string | undefined },
): string[] {
  const [style, width] = [styleFor(stdout, env), sizeOf(stdout).columns];
  return trials.flatMap((trial) => {
    const changes = trial.routes.map(({ routeId, stable, candidate }) => ({
      entityType: 'route',
      entityId: routeId,
      before: { ...stable },
      after: { ...candidate },
    }));
    const lines = [titleOf(trial), ...drawDifference(changes, style, width)];
    const { deployment, running } = trial;
    const isPlanned = plan !== undefined && deployment !== undefined && running === undefined;
    return [
      '',
      ...lines,
      ...(isPlanned ? ['', ...planLines({ deployment, freeze: plan.freeze }, { style, width })] : []),
    ];
  });
}

function titleOf({ running }: PlannedTrial): string {
  return running === undefined ? 'measured:' : `measured, in progress as ${running.deploymentId}:`;
}
