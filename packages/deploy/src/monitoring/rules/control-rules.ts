import {
  aggregate,
  combine,
  controlMetrics,
  current,
  deliveryMetrics,
  nodeMetrics,
  processMetrics,
  scalar,
} from '@sluice/model/metrics';
import type { RuleGroup } from './rule.ts';

/** The control plane, and the nodes as it sees them. All control processes say the same, so that one alert is enough. */
export const controlRules: RuleGroup = {
  name: 'sluice-control',
  alerts: [
    {
      name: 'SluiceStoreAway',
      when: combine(current(controlMetrics.storeReachable), '==', 0),
      lasts: '1m',
      severity: 'critical',
      summary: '{{ $labels.instance }} does not reach its store',
      description: 'No change can be made for 1m now, and deployments stand still. The nodes go on serving.',
      runbook: 'store',
    },
    {
      name: 'SluiceBusAway',
      when: combine(current(controlMetrics.busConnected), '==', 0),
      lasts: '1m',
      severity: 'warning',
      summary: 'Control process {{ $labels.instance }} does not reach Redis',
      description: 'Control processes have not heard each other for 1m. Changes reach the nodes later.',
      runbook: 'redis',
    },
    {
      name: 'SluiceNoLeader',
      when: combine(aggregate('sum', current(controlMetrics.leading)), '==', 0),
      lasts: '1m',
      severity: 'critical',
      summary: 'No control process leads',
      description: 'Deployments have been neither judged nor moved for 1m, and no notices are sent.',
      runbook: 'leader',
    },
    {
      name: 'SluiceNotConverged',
      when: combine(aggregate('min', current(controlMetrics.nodesConverged)), '==', 0),
      lasts: '2m',
      severity: 'warning',
      summary: 'Not every node runs the current revision',
      description: 'A live node has run another revision for 2m: it refuses the current one, or cannot fetch it.',
      runbook: 'node-behind',
    },
    {
      name: 'SluiceNodeStale',
      when: combine(
        current(processMetrics.configRevision),
        '<',
        scalar(aggregate('max', current(controlMetrics.revision))),
      ),
      lasts: '5m',
      severity: 'warning',
      summary: '{{ $labels.instance }} runs an old revision: {{ $value }}',
      description: 'The node has not followed the control plane for 5m. It serves what it knows.',
      runbook: 'node-behind',
    },
    {
      name: 'SluiceNodeWithheld',
      when: combine(current(nodeMetrics.withheld), '==', 1),
      lasts: '1m',
      severity: 'critical',
      summary: '{{ $labels.instance }} does not trust the store',
      description:
        'The store is empty or older than what the node runs, so the node has kept its configuration for 1m.',
      runbook: 'node-behind',
    },
    {
      name: 'SluiceDeploymentWaiting',
      when: combine(aggregate('max', current(deliveryMetrics.awaitingPerson)), '>', 0),
      lasts: '30m',
      severity: 'warning',
      summary: '{{ $value }} deployments wait for a person',
      description: 'Deployments have waited for an approval, an answer or a resume for 30m.',
      runbook: 'deployment-waiting',
    },
  ],
};
