import { roles } from '../config/roles.ts';
import { logLevelInput, logLevelResource } from './logging-resource.ts';
import { defineOperations } from './operation.ts';

const tag = 'logging';
const path = '/gateway/log-level';
const description = 'All control processes and all live nodes are asked. A node that starts later is not.';

/** The level of the logs, while processes run. */
export const loggingOperations = defineOperations({
  getLogLevel: {
    method: 'GET',
    path,
    tag,
    summary: 'Read the level of the log',
    auth: 'user',
    roles,
    scope: 'logging:read',
    answer: { status: 200, description: 'The level.', schema: logLevelResource },
  },
  setLogLevel: {
    method: 'PUT',
    path,
    tag,
    summary: 'Change the level of the logs without a restart, for a while',
    description,
    auth: 'user',
    roles: ['Admin'],
    scope: 'logging:write',
    body: { schema: logLevelInput },
    answer: { status: 200, description: 'The level.', schema: logLevelResource },
  },
  resetLogLevel: {
    method: 'DELETE',
    path,
    tag,
    summary: 'Go back to the level of the configuration',
    description,
    auth: 'user',
    roles: ['Admin'],
    scope: 'logging:write',
    answer: { status: 200, description: 'The level.', schema: logLevelResource },
  },
});
