import { expect, test } from 'vitest';
import { configJsonSchema, schemaAt } from './config-json-schema.ts';
import type { JsonSchema } from './config-json-schema.ts';

test('every field has a description, and objects take no unknown fields', () => {
  const missing: string[] = [];
  visit(configJsonSchema(), '', (node, path) => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      if (typeof child['description'] !== 'string') missing.push(`${path}.${key}`);
    }
    if (node.properties && node.additionalProperties !== false) missing.push(`${path} is open`);
  });
  expect(missing).toEqual([]);
});

test('defaults are shown as people write them, and none depends on the machine', () => {
  const timeouts = schemaAt(configJsonSchema(), ['proxy', 'timeouts', 'head']);
  expect(timeouts?.['default']).toBe('10s');
  expect(schemaAt(configJsonSchema(), ['proxy', 'workers'])).not.toHaveProperty('default');
});

test('a path leads through lists and through keys that users choose', () => {
  const schema = configJsonSchema();
  expect(schemaAt(schema, ['routes', 0, 'backends', 3, 'weight'])).toMatchObject({ type: 'integer', maximum: 100 });
  expect(schemaAt(schema, ['routes', 0, 'headers', 'x-any'])).toMatchObject({ type: 'string' });
  expect(schemaAt(schema, ['routes', 0, 'nothing'])).toBeUndefined();
});

function visit(node: JsonSchema, path: string, look: (node: JsonSchema, path: string) => void): void {
  look(node, path);
  for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, `${path}.${key}`, look);
  if (node.items) visit(node.items, `${path}[]`, look);
}
