import { z } from 'zod';
import type { JsonSchema } from '../config/config-json-schema.ts';
import { componentSchemas } from './component-schemas.ts';

const prefix = '#/components/schemas/';
const names = new Map<z.core.$ZodType, string>(
  Object.entries(componentSchemas).map(([name, schema]) => [schema, name]),
);
/** What zod asks for the name and description of a schema; names are ours, so that other documents stay free of them. */
const metadata = {
  get(schema: z.core.$ZodType) {
    const id = names.get(schema);
    return { ...z.globalRegistry.get(schema), ...(id !== undefined && { id }) };
  },
} as unknown as typeof z.globalRegistry;

/** Turns schemas into JSON Schema, and gathers those that have a name. */
export class OpenApiSchemas {
  readonly #components = new Map<string, JsonSchema>();

  /** The JSON Schema of what is sent: a reference when it has a name. */
  refer(schema: z.ZodType): JsonSchema {
    const root = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', metadata });
    const { $schema: _, $defs = {}, ...body } = root;
    for (const [name, definition] of Object.entries($defs)) {
      if (!this.#components.has(name)) this.#components.set(name, relocated(definition));
    }
    return relocated(body);
  }

  /** The properties of an object that are parameters: each with its schema, and whether it has to be there. */
  properties(schema: z.ZodObject): { name: string; required: boolean; schema: JsonSchema }[] {
    return Object.entries(schema.shape).map(([name, field]) => ({
      name,
      required: !(field as z.ZodType).safeParse(undefined).success,
      schema: this.refer(field as z.ZodType),
    }));
  }

  /** Everything with a name that was referred to, by name. */
  components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#components].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** The same with references to where components stand in the document. */
function relocated(node: unknown): JsonSchema {
  return JSON.parse(JSON.stringify(node), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', prefix) : value,
  ) as JsonSchema;
}
