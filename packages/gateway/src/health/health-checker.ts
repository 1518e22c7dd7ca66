import type { Logger } from '@sluice/service';
import { withoutFiles } from '../upstream/trust.ts';
import type { TrustOf } from '../upstream/trust.ts';
import type { SecretOf } from '../policy/secret-texts.ts';
import type { ProbeResult } from './probe.ts';
import { TargetCheck } from './target-check.ts';
import type { CheckContext, CheckedTarget, Delay, HealthState } from './target-check.ts';

/** The targets that a swap adds and removes. */
export interface TargetChanges {
  /** Targets of routes that have begun. */
  readonly added: Iterable<CheckedTarget>;
  /** Targets of routes that have ended, each as it was added. */
  readonly removed: Iterable<CheckedTarget>;
}

/** Active health checks of a node. They run in the main thread; all threads see the verdicts in shared memory. */
export interface HealthChecker {
  /**
   * Applies a swap. A check with the same target and settings goes on undisturbed. Others start, restart (and keep the
   * verdict) or end. Of several entries for one slot, the first that still exists counts.
   */
  update(changes: TargetChanges): void;
  /**
   * Checks these slots now, or all of them, a hundred at a time; those without a check are left out. Resolves with what
   * was found when all have answered or timed out. Never rejects.
   */
  checkNow(slots?: ReadonlySet<number>): Promise<ReadonlyMap<number, ProbeResult>>;
  /** When a slot was last checked, in milliseconds since 1970; undefined before the first check, and without a check. */
  checkedAt(slot: number): number | undefined;
  /** Ends all checks. */
  close(): void;
}

/** What a checker is made of; timer and randomness are for tests. */
export interface HealthCheckerOptions {
  readonly state: HealthState;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** By default no files of authorities are known. */
  readonly trustOf?: TrustOf;
  /** By default no secrets are known. */
  readonly secretOf?: SecretOf;
  readonly delay?: Delay;
  readonly random?: () => number;
  readonly now?: () => number;
}

/** One way to check a slot, and how many backends ask for it. */
interface Wish {
  readonly target: CheckedTarget;
  count: number;
}

interface CheckedSlot {
  /** In the order in which they came; the first one is what runs. */
  readonly wishes: Wish[];
  running: { readonly settings: string; readonly check: TargetCheck } | undefined;
}

/** Checks under way at a time in {@link HealthChecker.checkNow}. */
const mostAtOnce = 100;

/** Makes a health checker without targets. */
export function createHealthChecker(options: HealthCheckerOptions): HealthChecker {
  const context: CheckContext = {
    delay: delayByTimer,
    random: Math.random,
    now: () => 0,
    trustOf: withoutFiles,
    secretOf: () => undefined,
    ...options,
  };
  const slots = new Map<number, CheckedSlot>();
  return {
    update({ added, removed }) {
      const touched = new Set<number>();
      for (const target of added) if (wish(slots, target, 1)) touched.add(target.slot);
      for (const target of removed) if (wish(slots, target, -1)) touched.add(target.slot);
      for (const slot of touched) settle(slots, slot, context);
    },
    async checkNow(wanted) {
      const results = new Map<number, ProbeResult>();
      const queue = [...slots].filter(([slot]) => wanted === undefined || wanted.has(slot)).values();
      const work = async (): Promise<void> => {
        for (const [slot, { running }] of queue) if (running) results.set(slot, await running.check.run());
      };
      await Promise.all(Array.from({ length: mostAtOnce }, work));
      return results;
    },
    checkedAt: (slot) => slots.get(slot)?.running?.check.checkedAt,
    close() {
      for (const { running } of slots.values()) running?.check.close();
      slots.clear();
    },
  };
}

/** Adds or removes a wish for a check. Returns whether the target has a check. */
function wish(slots: Map<number, CheckedSlot>, target: CheckedTarget, change: 1 | -1): boolean {
  if (target.healthCheck === undefined) return false;
  let slot = slots.get(target.slot);
  if (slot === undefined) {
    slot = { wishes: [], running: undefined };
    slots.set(target.slot, slot);
  }
  const settings = settingsOf(target);
  const known = slot.wishes.find((other) => settingsOf(other.target) === settings);
  if (known === undefined) slot.wishes.push({ target, count: change });
  else if ((known.count += change) === 0) slot.wishes.splice(slot.wishes.indexOf(known), 1);
  return true;
}

/** Starts, replaces or ends the check of a slot, as its first wish says. */
function settle(slots: Map<number, CheckedSlot>, at: number, context: CheckContext): void {
  const slot = slots.get(at);
  const target = slot?.wishes[0]?.target;
  if (slot === undefined || slot.running?.settings === settingsOf(target)) return;
  slot.running?.check.close();
  if (target?.healthCheck === undefined) {
    slots.delete(at);
    return;
  }
  slot.running = { settings: settingsOf(target), check: new TargetCheck(target, target.healthCheck, context) };
}

/** Everything a check depends on, as text to compare; '' when there is nothing to check. */
function settingsOf(target: CheckedTarget | undefined): string {
  return target?.healthCheck === undefined ? '' : JSON.stringify([target.url, target.healthCheck, target.tls]);
}

/** Timers that do not keep the process alive. */
export function delayByTimer(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds).unref();
  return () => clearTimeout(timer);
}
