import { accessOperations } from './access-operations.ts';
import { authenticationOperations } from './authentication-operations.ts';
import { backendOperations } from './backend-operations.ts';
import { configurationOperations } from './configuration-operations.ts';
import { consumerOperations } from './consumer-operations.ts';
import { deliveryOperations } from './delivery-operations.ts';
import { deploymentOperations } from './deployment-operations.ts';
import { loggingOperations } from './logging-operations.ts';
import { nodeOperations } from './node-operations.ts';
import type { Operation } from './operation.ts';
import { routeOperations } from './route-operations.ts';
import { trafficOperations } from './traffic-operations.ts';

/** Where the management API begins. */
export const apiBase = '/api/v1';

/** Every operation of the management API by its id. */
export const operations = {
  ...authenticationOperations,
  ...routeOperations,
  ...backendOperations,
  ...deploymentOperations,
  ...deliveryOperations,
  ...configurationOperations,
  ...nodeOperations,
  ...trafficOperations,
  ...loggingOperations,
  ...accessOperations,
  ...consumerOperations,
};

/** The table, with its types. */
export type Operations = typeof operations;
/** The id of an operation. */
export type OperationId = keyof Operations;

/** Every operation with its id, for those who go through all of them. */
export const operationList: readonly (Operation & { readonly id: OperationId })[] = Object.entries<Operation>(
  operations,
).map(([id, operation]) => ({ ...operation, id: id as OperationId }));
