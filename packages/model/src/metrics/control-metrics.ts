import type { Metric } from './metric.ts';

/** A node that follows control. */
export const nodeMetrics = {
  withheld: {
    name: 'api_gateway_node_withheld',
    type: 'gauge',
    labels: [],
    help: '1 while this node keeps its last good configuration because the store is empty or older.',
    note: 'See [a store that was lost](control-plane.md#a-store-that-was-lost-or-is-back-as-it-was-earlier).',
  },
} as const satisfies Record<string, Metric>;

/** The control plane. */
export const controlMetrics = {
  revision: {
    name: 'api_gateway_control_revision',
    type: 'gauge',
    labels: [],
    help: 'The current revision; api_gateway_config_revision is the one that this node runs.',
  },
  storeReachable: {
    name: 'api_gateway_control_store_reachable',
    type: 'gauge',
    labels: [],
    help: '1 when the store answered the last time; it is checked every 2 s.',
  },
  busConnected: {
    name: 'api_gateway_control_bus_connected',
    type: 'gauge',
    labels: [],
    help: '1 when Redis is connected, or none is configured.',
  },
  leading: {
    name: 'api_gateway_control_leading',
    type: 'gauge',
    labels: [],
    help: '1 when this process leads.',
    note: 'See [the leader](control-plane.md#the-leader).',
  },
  nodesLive: {
    name: 'api_gateway_control_nodes_live',
    type: 'gauge',
    labels: [],
    help: 'Nodes that reported within the last 15 s.',
  },
  nodesConverged: {
    name: 'api_gateway_control_nodes_converged',
    type: 'gauge',
    labels: [],
    help: '1 when every live node runs the current revision.',
  },
  fileRoutesNotLive: {
    name: 'api_gateway_control_file_routes_not_live',
    type: 'gauge',
    labels: [],
    help: 'Routes whose saved change is on trial or was taken back.',
  },
} as const satisfies Record<string, Metric>;

/** The delivery of the last 30 days. */
export const deliveryMetrics = {
  open: {
    name: 'api_gateway_delivery_open',
    type: 'gauge',
    labels: [],
    help: 'Deployments that have not ended.',
  },
  awaitingPerson: {
    name: 'api_gateway_delivery_awaiting_person',
    type: 'gauge',
    labels: [],
    help: 'Deployments that go on only when a person approves, answers or resumes.',
    note: 'Counted anew every minute, as the deployments that are open.',
  },
  deployments: {
    name: 'api_gateway_delivery_deployments',
    type: 'gauge',
    labels: ['route', 'outcome'],
    help: 'Deployments that ended within 30 days: completed, rolledBack, failed or cancelled.',
    note: '`route` is empty for all together. The metrics below cover the same deployments, and are `NaN` without data; [delivery](delivery.md) defines each.',
  },
  perDay: {
    name: 'api_gateway_delivery_per_day',
    type: 'gauge',
    labels: ['route'],
    help: 'Completed deployments per day.',
  },
  changeFailureRatio: {
    name: 'api_gateway_delivery_change_failure_ratio',
    type: 'gauge',
    labels: ['route'],
    unit: 'ratio',
    help: 'Share of the deployments begun that were rolled back or failed.',
  },
  reworkRatio: {
    name: 'api_gateway_delivery_rework_ratio',
    type: 'gauge',
    labels: ['route'],
    unit: 'ratio',
    help: 'Share of the deployments begun that were emergencies or came soon after a failed one.',
  },
  rollbacksPerDay: {
    name: 'api_gateway_delivery_rollbacks_per_day',
    type: 'gauge',
    labels: ['route'],
    help: 'Rollbacks per day.',
  },
  leadTime: {
    name: 'api_gateway_delivery_lead_time_seconds',
    type: 'gauge',
    labels: ['route', 'percentile'],
    unit: 'seconds',
    help: 'From the creation of a deployment to its completion, at the 50th and 90th percentile.',
  },
  timeToRecover: {
    name: 'api_gateway_delivery_time_to_recover_seconds',
    type: 'gauge',
    labels: ['route', 'percentile'],
    unit: 'seconds',
    help: 'From the first sign of trouble to the rollback.',
  },
  working: {
    name: 'api_gateway_delivery_working_seconds',
    type: 'gauge',
    labels: ['route', 'percentile'],
    unit: 'seconds',
    help: 'How long deployments moved forward.',
  },
  waiting: {
    name: 'api_gateway_delivery_waiting_seconds',
    type: 'gauge',
    labels: ['route', 'percentile'],
    unit: 'seconds',
    help: 'How long deployments waited for their turn or a person.',
  },
} as const satisfies Record<string, Metric>;
