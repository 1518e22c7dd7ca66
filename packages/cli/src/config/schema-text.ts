import { configJsonSchema } from '@sluice/model';

/** The JSON Schema of the configuration, as it is written to sluice.schema.json. */
export function schemaText(): string {
  return `${JSON.stringify({ ...configJsonSchema(), title: 'Sluice configuration' }, null, 2)}\n`;
}
