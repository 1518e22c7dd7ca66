import { controlMetrics, current, processMetrics } from '@sluice/model/metrics';
import { anyOf } from './variables.ts';

const job = { name: 'job', label: 'Job', by: 'job' } as const;

/** The gateways that one Prometheus reads, by the names that its configuration gives them. */
export const jobs = anyOf({ ...job, of: current(processMetrics.configRevision) });

/** The nodes of those. */
export const instances = anyOf({
  name: 'instance',
  label: 'Instance',
  of: current(processMetrics.configRevision, { job: { matching: '$job' } }),
  by: 'instance',
});

/** The same for control planes. */
export const controlJobs = anyOf({ ...job, of: current(controlMetrics.revision) });
