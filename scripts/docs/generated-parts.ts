import { renderAlerts } from './alerts.ts';
import { renderApiErrorCodes } from './api-error-codes.ts';
import { renderApiOperations } from './api-operations.ts';
import { renderCommands } from './commands.ts';
import { renderConfigurationKeys } from './configuration-keys.ts';
import { renderDashboards } from './dashboards.ts';
import { renderErrorCodes } from './error-codes.ts';
import { renderMetricTables } from './metrics.ts';
import { renderUsualVariables } from './usual-variables.ts';

/** A part of a page that is generated from the code. */
export interface GeneratedPart {
  /** Relative to the repository. */
  readonly file: string;
  /** The name in its markers. */
  readonly region: string;
  render(): string;
}

/** Every part that follows from the code alone. A test keeps the committed pages equal to it. */
export const generatedParts: readonly GeneratedPart[] = [
  { file: 'docs/commands.md', region: 'commands', render: renderCommands },
  { file: 'docs/configuration.md', region: 'keys', render: renderConfigurationKeys },
  { file: 'docs/configuration.md', region: 'variables', render: renderUsualVariables },
  { file: 'docs/errors.md', region: 'codes', render: renderErrorCodes },
  { file: 'docs/errors.md', region: 'api codes', render: renderApiErrorCodes },
  { file: 'docs/metrics.md', region: 'metrics', render: renderMetricTables },
  { file: 'docs/monitoring.md', region: 'alerts', render: renderAlerts },
  { file: 'docs/monitoring.md', region: 'dashboards', render: renderDashboards },
  { file: 'docs/management-api.md', region: 'operations', render: renderApiOperations },
];
