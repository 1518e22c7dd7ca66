import { deliveryDashboard } from './delivery.ts';
import { deploymentDashboard } from './deployment.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import { limitsDashboard } from './limits.ts';
import { nodeDashboard } from './node.ts';
import { overviewDashboard } from './overview.ts';
import { routeDashboard } from './route.ts';

/** All dashboards, the one to begin with first. */
export function dashboards(): readonly GrafanaDashboard[] {
  return [
    overviewDashboard(),
    routeDashboard(),
    deploymentDashboard(),
    nodeDashboard(),
    limitsDashboard(),
    deliveryDashboard(),
  ];
}
