import type { Logger } from '@sluice/service';
import { TargetCheck, type CheckContext, type CheckedTarget, type Delay, type HealthState } from './target-check.ts';

/** Active health checks of a node. They run in the main thread; all threads see the verdicts in shared memory. */
export interface HealthChecker {
  /**
   * Takes the targets of a new snapshot. A check whose target and settings are the same goes on undisturbed; others
   * begin, begin anew (keeping the verdict), or end. A target without a check is healthy at once. Of several entries for
   * one slot, the first with a check counts.
   */
  update(targets: readonly CheckedTarget[]): void;
  /** Checks every target now, and resolves when all have answered or timed out. Never rejects. */
  checkNow(): Promise<void>;
  /** Ends all checks. */
  close(): void;
}

/** What a checker is made of; timer and randomness are for tests. */
export interface HealthCheckerOptions {
  readonly state: HealthState;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly delay?: Delay;
  readonly random?: () => number;
}

interface RunningCheck {
  readonly settings: string;
  readonly check: TargetCheck;
}

/** Checks under way at a time in {@link HealthChecker.checkNow}. */
const batchSize = 100;

/** Makes a health checker without targets. */
export function createHealthChecker(options: HealthCheckerOptions): HealthChecker {
  const context: CheckContext = { delay: delayByTimer, random: Math.random, ...options };
  const running = new Map<number, RunningCheck>();

  return {
    update(targets) {
      const wanted = bySlot(targets);
      for (const [slot, { settings, check }] of running) {
        if (settingsOf(wanted.get(slot)) === settings) continue;
        check.close();
        running.delete(slot);
      }
      for (const target of wanted.values()) begin(target, context, running);
    },
    async checkNow() {
      const checks = [...running.values()];
      for (let i = 0; i < checks.length; i += batchSize) {
        await Promise.all(checks.slice(i, i + batchSize).map(({ check }) => check.run()));
      }
    },
    close() {
      for (const { check } of running.values()) check.close();
      running.clear();
    },
  };
}

function begin(target: CheckedTarget, context: CheckContext, running: Map<number, RunningCheck>): void {
  const { slot, healthCheck } = target;
  if (running.has(slot)) return;
  if (healthCheck !== undefined) {
    running.set(slot, { settings: settingsOf(target), check: new TargetCheck(target, healthCheck, context) });
  } else if (context.state.targetHealth(slot) !== 'Draining') {
    context.state.setTargetHealth(slot, 'Healthy');
  }
}

function bySlot(targets: readonly CheckedTarget[]): Map<number, CheckedTarget> {
  const wanted = new Map<number, CheckedTarget>();
  for (const target of targets) {
    if (wanted.get(target.slot)?.healthCheck === undefined) wanted.set(target.slot, target);
  }
  return wanted;
}

/** Everything a check depends on, as text to compare; '' when there is nothing to check. */
function settingsOf(target: CheckedTarget | undefined): string {
  return target?.healthCheck === undefined ? '' : JSON.stringify([target.url, target.healthCheck, target.tls]);
}

/** Timers that do not keep the process alive: checks are no reason to. */
function delayByTimer(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds).unref();
  return () => clearTimeout(timer);
}
