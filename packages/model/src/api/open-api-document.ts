import { apiErrorCodes } from './api-errors.ts';
import type { ApiErrorName } from './api-errors.ts';
import type { JsonSchema } from '../config/config-json-schema.ts';
import { changePreview } from './change-resource.ts';
import { errorResource } from './error-resource.ts';
import { errorsOf } from './operation-errors.ts';
import { apiBase, operationList } from './operations.ts';
import type { OperationId } from './operations.ts';
import type { Role } from '../config/roles.ts';
import { perMinuteOf } from './operation-limit.ts';
import type { OperationLimit } from './operation-limit.ts';
import type { Operation } from './operation.ts';
import { linksOf } from './open-api-links.ts';
import { operationExamples } from './operation-examples.ts';
import { answerHeaders, requestHeaders } from './open-api-headers.ts';
import { OpenApiSchemas } from './open-api-schemas.ts';

type Listed = Operation & { readonly id: OperationId };

const tags: Readonly<Record<string, string>> = {
  authentication: 'Logging in and out.',
  routes: 'Routes: what to match, and which backends serve it.',
  backends: 'Backends, and their health.',
  deployments: 'New versions of routes, brought in step by step.',
  delivery: 'Figures about deployments, and the switch that stops all of them.',
  revisions: 'The history of the configuration.',
  configuration: 'The configuration as a whole.',
  nodes: 'Gateway nodes.',
  health: 'How it is.',
  audit: 'Who did what.',
  users: 'Users of the management API.',
  apiKeys: 'Keys of programs that use the management API.',
  consumers: 'Callers of the proxied APIs.',
};

const securitySchemes = {
  // Swagger UI puts the focus into the last one: the one that people have.
  node: { type: 'http', scheme: 'bearer', description: 'The join token of the nodes; or a client certificate.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'An API key.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The token of a login, or an API key.' },
};

/** The OpenAPI 3.1 document of the management API. Equal for equal versions. */
export function openApiDocument({ version }: { readonly version: string }): JsonSchema {
  const schemas = new OpenApiSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operationList) {
    const item = (paths[apiBase + operation.path] ??= {});
    item[operation.method.toLowerCase()] = describeOperation(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice management API',
      version,
      description: 'Routes, backends, users and history of a Sluice gateway.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: schemas.components(), securitySchemes },
  };
}

function describeOperation(operation: Listed, schemas: OpenApiSchemas): JsonSchema {
  const { id, tag, summary, description, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description, allowed(operation)].filter((text) => text !== undefined).join('\n\n'),
    security: securityOf(operation),
    parameters: parametersOf(operation, schemas),
    ...(body && {
      requestBody: {
        required: body.optional !== true,
        content: { 'application/json': { schema: schemas.refer(body.schema), example: operationExamples[id].body } },
      },
    }),
    responses: responsesOf(operation, schemas),
  };
}

function allowed({ auth, roles, scope, usersOnly, limit }: Operation): string {
  const who = { open: 'Open to everybody.', user: `Roles: ${roles.join(', ')}.`, node: 'For gateway nodes.' }[auth];
  const needs = scope === undefined ? '' : ` An API key needs the scope \`${scope}\`.`;
  const only = usersOnly === true ? ' Not for API keys.' : '';
  return `${who}${needs}${only}${limit === undefined ? '' : ` ${howOften(limit, roles)}`}`;
}

function howOften(limit: OperationLimit, roles: readonly Role[]): string {
  if (roles.length === 0) return `At most ${limit.perMinute} requests a minute from each address.`;
  const all = roles.map((role) => `${perMinuteOf(limit, role)} of ${role === 'Viewer' ? 'a' : 'an'} ${role}`);
  return `At most so many requests a minute: ${all.join(', ')}.`;
}

function securityOf({ auth, usersOnly }: Operation): readonly Record<string, []>[] {
  if (auth === 'open') return [];
  if (auth === 'node') return [{ node: [] }];
  return usersOnly === true ? [{ bearer: [] }] : [{ bearer: [] }, { apiKey: [] }];
}

function parametersOf(operation: Listed, schemas: OpenApiSchemas): JsonSchema[] {
  const { params, query } = operation;
  const example = operationExamples[operation.id];
  const examples: Readonly<Record<string, unknown>> = { ...example.params, ...example.query };
  const parameter = (place: string) => (field: ReturnType<OpenApiSchemas['properties']>[number]) => {
    const { description, ...schema } = field.schema;
    return {
      name: field.name,
      in: place,
      required: place === 'path' || field.required,
      ...(description !== undefined && { description }),
      schema,
      ...(field.name in examples && { example: examples[field.name] }),
    };
  };
  return [
    ...(params ? schemas.properties(params).map(parameter('path')) : []),
    ...(query ? schemas.properties(query).map(parameter('query')) : []),
    ...requestHeaders(operation),
  ];
}

function responsesOf(operation: Listed, schemas: OpenApiSchemas): Readonly<Record<string, JsonSchema>> {
  const { answer, dryRun, redirects } = operation;
  const responses: Record<string, JsonSchema> = {};
  const add = (
    status: number,
    description: string,
    schema: JsonSchema | undefined,
    { example, links }: { readonly example?: unknown; readonly links?: JsonSchema | undefined } = {},
  ): void => {
    responses[status] = {
      description,
      headers: answerHeaders(operation, status),
      ...(schema && { content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }),
      ...(links && { links }),
    };
  };
  const schema = answer.schema && schemas.refer(answer.schema);
  add(answer.status, answer.description, schema, {
    example: operationExamples[operation.id].answer,
    links: linksOf(operation),
  });
  if (answer.isEventStream === true) responses[answer.status] = { ...responses[answer.status], content: eventStream };
  if (redirects === true) add(302, 'To where the login was begun.', undefined);
  if (dryRun === true) {
    const preview = schemas.refer(changePreview);
    if (answer.status !== 200) add(200, 'What a dry run found.', preview);
    else if (schema !== undefined && answer.schema !== changePreview) {
      add(200, `${answer.description} A dry run answers what it found.`, { anyOf: [schema, preview] });
    }
  }
  const error = schemas.refer(errorResource);
  for (const [status, names] of byStatus(errorsOf(operation))) {
    add(status, names.map((name) => `${apiErrorCodes[name].code}: ${apiErrorCodes[name].message}`).join(' '), error);
  }
  return responses;
}

/** OpenAPI 3.1 has no words for single events. */
const eventStream = { 'text/event-stream': { schema: { type: 'string' } } };

function byStatus(names: readonly ApiErrorName[]): Map<number, ApiErrorName[]> {
  const grouped = new Map<number, ApiErrorName[]>();
  for (const name of names)
    grouped.set(apiErrorCodes[name].status, [...(grouped.get(apiErrorCodes[name].status) ?? []), name]);
  return grouped;
}
