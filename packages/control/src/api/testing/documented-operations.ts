import { openApiDocument } from '@sluice/model/api';
import type { OperationId } from '@sluice/model/api';

/** A JSON Schema, as far as the document of the API uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** A part of the path, the query or a header, as it is documented. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

/** An answer as it is documented. */
export interface DocumentedAnswer {
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly content?: {
    readonly 'application/json'?: { readonly schema: Schema };
    readonly 'text/event-stream'?: { readonly schema: Schema };
  };
}

/** An operation as the OpenAPI document tells it, which is all that tests of conformance go by. */
export interface DocumentedOperation {
  readonly id: OperationId;
  readonly method: string;
  readonly path: string;
  /** Where it stands in the document: a JSON Pointer. */
  readonly pointer: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: { readonly 'application/json': { readonly schema: Schema } };
  };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

type Operations = Readonly<
  Record<string, Omit<DocumentedOperation, 'id' | 'method' | 'path'> & { operationId: OperationId }>
>;

/** The OpenAPI document, as clients get it. */
export const document = JSON.parse(JSON.stringify(openApiDocument({ version: '1.2.3' }))) as {
  readonly paths: Readonly<Record<string, Operations>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Every operation of the document. */
export const documentedOperations: readonly DocumentedOperation[] = Object.entries(document.paths).flatMap(
  ([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      pointer: `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`,
    })),
);

/** What a schema says once references are followed. */
export function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/components/schemas/', '');
  const target = document.components.schemas[name];
  if (target === undefined) throw new Error(`the document has no schema ${name}`);
  return resolved(target);
}
