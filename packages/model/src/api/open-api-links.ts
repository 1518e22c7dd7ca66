import type { JsonSchema } from '../config/config-json-schema.ts';
import type { Operation } from './operation.ts';
import { operationList } from './operations.ts';
import type { OperationId } from './operations.ts';

/** Which parameters of other operations the answer of an operation has, and where (OpenAPI runtime expressions). */
const given: Partial<Record<OperationId, Readonly<Record<string, string>>>> = {
  createRoute: { routeId: '$response.body#/routeId' },
  createBackend: { backendId: '$response.body#/backendId' },
  createDeployment: { deploymentId: '$response.body#/deploymentId' },
  createUser: { username: '$response.body#/username' },
  createApiKey: { apiKeyId: '$response.body#/apiKey/apiKeyId' },
  createConsumer: { consumerId: '$response.body#/consumerId' },
  createConsumerKey: { consumerId: '$request.path.consumerId', keyId: '$response.body#/consumerKey/keyId' },
  listSessions: { username: '$request.path.username', sessionId: '$response.body#/sessions/0/sessionId' },
  listRevisions: { revision: '$response.body#/revisions/0/revision' },
};

/** The links of an operation: to all operations for which its answer has every parameter. Undefined when there are none. */
export function linksOf({ id }: Operation & { readonly id: OperationId }): JsonSchema | undefined {
  const expressions = given[id];
  if (expressions === undefined) return undefined;
  const targets = operationList.filter(({ params }) => {
    const names = Object.keys(params?.shape ?? {});
    return names.length > 0 && names.every((name) => name in expressions);
  });
  return Object.fromEntries(
    targets.map(({ id: operationId, params }) => [
      operationId,
      {
        operationId,
        parameters: Object.fromEntries(Object.keys(params!.shape).map((name) => [name, expressions[name]])),
      },
    ]),
  );
}
