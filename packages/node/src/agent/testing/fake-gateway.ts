import type { AppliedConfiguration, ApplyOutcome } from '../../configuration/applied-configuration.ts';
import type { NodeStatus } from '../node-status.ts';
import type { NodeSplit } from '@sluice/model';

/** A gateway for tests of agents: keeps what it was given, and refuses what it is told to. */
export class FakeGateway {
  readonly applied: AppliedConfiguration[] = [];
  readonly checked: (readonly string[] | undefined)[] = [];
  /** What is wrong with a configuration; nothing by default. */
  judge: (configuration: AppliedConfiguration) => readonly string[] = () => [];
  /** How often it was asked. */
  attempts = 0;
  status: NodeStatus = {
    state: 'serving',
    address: '127.0.0.1:8000',
    load: { requestsPerSecond: 1, activeRequests: 2, activeConnections: 3, cpu: 0.5, memoryBytes: 1_000 },
    unhealthy: [],
    routes: [],
    backends: [],
    breakers: [],
    latencies: [],
  };
  splits: readonly NodeSplit[] = [];

  /** What runs. */
  get running(): AppliedConfiguration | undefined {
    return this.applied.at(-1);
  }

  readonly apply = async (configuration: AppliedConfiguration): Promise<ApplyOutcome> => {
    this.attempts++;
    await Promise.resolve();
    const problems = this.judge(configuration);
    if (problems.length > 0) return { ok: false, problems };
    this.applied.push(configuration);
    return { ok: true };
  };
}
