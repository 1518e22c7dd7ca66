import type { GateConfig, PrometheusConfig } from '@sluice/model';
import type { Clock, Fetch, Logger } from '@sluice/service';
import { systemClock } from '@sluice/service';
import type { GateResult } from './gate-result.ts';
import { MeasuredGate } from './measured-gate.ts';

/** The gates of all deployments that run. */
export interface Gates {
  /**
   * The latest result of each gate, in the order given. It begins the measurements that are due and does not wait for them:
   * a later call has their results. Before the first one there is no data.
   */
  results(deploymentId: string, gates: readonly GateConfig[]): readonly GateResult[];
  /** Stops measuring for a deployment that has ended. */
  forget(deploymentId: string): void;
  /** Stops everything. May be called again. */
  close(): void;
}

export interface GatesOptions {
  readonly prometheus?: PrometheusConfig | undefined;
  readonly log: Pick<Logger, 'info'>;
  readonly clock?: Clock;
  readonly fetch?: Fetch | undefined;
}

interface Watched {
  readonly abort: AbortController;
  /** By their configuration. */
  readonly gates: Map<string, MeasuredGate>;
}

/** Makes the gates. The first measurement begins with the first call of `results`. */
export function createGates({ prometheus, log, clock = systemClock, fetch }: GatesOptions): Gates {
  const deployments = new Map<string, Watched>();

  const gateOf = (deploymentId: string, { abort, gates }: Watched, gate: GateConfig): MeasuredGate => {
    const key = JSON.stringify(gate);
    const known = gates.get(key);
    if (known !== undefined) return known;
    const tell = ({ name, result, explanation }: GateResult): void =>
      log.info('the result of a gate changed', { deploymentId, gate: name, result, explanation });
    const made = new MeasuredGate(gate, { prometheus, clock, fetch, signal: abort.signal }, tell);
    gates.set(key, made);
    return made;
  };

  const forget = (deploymentId: string): void => {
    deployments.get(deploymentId)?.abort.abort();
    deployments.delete(deploymentId);
  };

  return {
    results(deploymentId, gates) {
      if (gates.length === 0) return [];
      const watched = deployments.get(deploymentId) ?? { abort: new AbortController(), gates: new Map() };
      deployments.set(deploymentId, watched);
      return gates.map((gate) => gateOf(deploymentId, watched, gate).result());
    },
    forget,
    close() {
      for (const deploymentId of deployments.keys()) forget(deploymentId);
    },
  };
}
