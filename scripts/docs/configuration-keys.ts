import { configJsonSchema, isDuration } from '../../packages/model/src/index.ts';
import type { JsonSchema } from '../../packages/model/src/index.ts';
import { configurationExamples } from './configuration-examples.ts';
import { anchorOf, code, markdownTable, plainText } from './markdown.ts';

/** An object of the configuration, by its place: `proxy.tls`, `routes[].backends[]`. */
interface Section {
  readonly place: string;
  readonly schema: JsonSchema;
}

const top = 'Top level';

/** The sections by their schema: an object that occurs in two places is described at the first one. */
type Places = ReadonlyMap<string, string>;

/** Every key of the configuration with type, default and meaning: a table and an example for each object. */
export function renderConfigurationKeys(): string {
  const places = new Map<string, string>();
  const sections = sectionsOf('', configJsonSchema()).filter(({ place, schema }) => {
    const content = JSON.stringify(schema);
    const isNew = !places.has(content);
    if (isNew) places.set(content, place);
    return isNew;
  });
  const known = new Set(places.values());
  const unknown = Object.keys(configurationExamples).filter((place) => !known.has(place));
  if (unknown.length > 0) throw new Error(`there is an example, but no section, for ${unknown.join(', ')}`);
  return sections.map((section) => renderSection(section, places)).join('\n\n');
}

function sectionsOf(place: string, schema: JsonSchema): Section[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const kinds = kindsIn(child).flatMap(([kind, of]) => sectionsOf(kindPlace(placeOf(place, key, child), kind), of));
    if (kinds.length > 0) return kinds;
    const object = objectIn(child);
    return object === undefined ? [] : sectionsOf(placeOf(place, key, child), object);
  });
  return [{ place, schema }, ...inner];
}

/** The object that a key holds, directly or as the entries of a list. Maps of names have no section. */
function objectIn(schema: JsonSchema): JsonSchema | undefined {
  const value = schema.type === 'array' ? schema.items : isOneOrList(schema) ? schema.anyOf?.[0] : schema;
  return value?.properties === undefined ? undefined : value;
}

/** Whether an object may stand alone, or in a list of such objects. */
function isOneOrList({ anyOf: [one, list] = [] }: JsonSchema): boolean {
  return one?.properties !== undefined && list?.type === 'array';
}

/** The kinds of objects in a list of several, each by the value of its `type`. */
function kindsIn({ type, items }: JsonSchema): [kind: string, schema: JsonSchema][] {
  if (type !== 'array') return [];
  return ((items?.['oneOf'] as JsonSchema[] | undefined) ?? items?.anyOf ?? []).flatMap(
    (schema): [string, JsonSchema][] => {
      const kind = schema.properties?.['type']?.['const'];
      return typeof kind === 'string' ? [[kind, schema]] : [];
    },
  );
}

function kindPlace(place: string, kind: string): string {
  return `${place} ${kind}`;
}

function placeOf(parent: string, key: string, schema: JsonSchema): string {
  return `${parent === '' ? '' : `${parent}.`}${key}${schema.type === 'array' ? '[]' : ''}`;
}

function headingOf(place: string): string {
  return place === '' ? top : code(place);
}

function renderSection({ place, schema }: Section, places: Places): string {
  const example = configurationExamples[place];
  if (example === undefined) throw new Error(`there is no example for ${place === '' ? top : place}`);
  const rows = Object.entries(schema.properties ?? {}).map(([key, child]) => [
    code(key),
    typeOf(child, places),
    requirementOf(schema, key) ?? defaultOf(child),
    plainText(descriptionOf(child)) + (child['secret'] === true ? ' **Secret.**' : ''),
  ]);
  return [
    `### ${headingOf(place)}`,
    plainText(descriptionOf(schema)),
    markdownTable(['key', 'type', 'default', 'meaning'], rows),
    `\`\`\`yaml\n${example.trim()}\n\`\`\``,
  ].join('\n\n');
}

/** Whether a key is required: always, or unless the object is written in its other form. */
function requirementOf(schema: JsonSchema, key: string): string | undefined {
  const requiredIn = (node: JsonSchema): string[] => (node['required'] as string[] | undefined) ?? [];
  if (requiredIn(schema).includes(key)) return '**required**';
  const [usual, ...others] = (schema.anyOf ?? []).map(requiredIn);
  if (!(usual ?? []).includes(key)) return undefined;
  return `**required** without ${others.flat().map(code).join(', ')}`;
}

function descriptionOf(schema: JsonSchema): string {
  const text = schema['description'];
  if (typeof text !== 'string') throw new Error(`a key has no description: ${JSON.stringify(schema)}`);
  return text;
}

function typeOf(schema: JsonSchema, places: Places): string {
  const kinds = kindsIn(schema).map(
    ([kind, of]) => `[${code(kind)}](#${anchorOf(places.get(JSON.stringify(of)) ?? '')})`,
  );
  if (kinds.length > 0) return `list of ${kinds.join(', ')}`;
  const object = objectIn(schema);
  if (object === undefined) return plainType(schema);
  const place = places.get(JSON.stringify(object)) ?? '';
  const link = `[${code(place)}](#${anchorOf(place)})`;
  if (isOneOrList(schema)) return `${link}, or a list of them`;
  return schema.type === 'array' ? `list of ${link}` : link;
}

function plainType(schema: JsonSchema): string {
  if (typeof schema['const'] === 'string') return code(schema['const']);
  if (Array.isArray(schema['enum'])) return (schema['enum'] as string[]).map((value) => code(value)).join(', ');
  const [word, settings] = schema.anyOf ?? [];
  if (word !== undefined && settings?.properties !== undefined) {
    return `${plainType(word)}, or an object with ${Object.keys(settings.properties).map(code).join(', ')}`;
  }
  switch (schema.type) {
    case 'integer':
      return `whole number ${rangeOf(schema)}`.trim();
    case 'number':
      return `number ${rangeOf(schema)}`.trim();
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return `list of ${schema.items === undefined ? 'anything' : plainType(schema.items)}`;
    case 'object':
      return `map of text to ${typeof schema.additionalProperties === 'object' ? plainType(schema.additionalProperties) : 'text'}`;
    default:
      return isDuration(schema) ? 'duration' : 'text';
  }
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  const bounded = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER;
  if (typeof minimum !== 'number') return bounded ? `≤ ${maximum}` : '';
  return bounded ? `${minimum}–${maximum}` : `≥ ${minimum}`;
}

function defaultOf(schema: JsonSchema): string {
  const value = schema['default'];
  if (value === undefined) return '';
  if (typeof value === 'string') return code(value);
  return code(Array.isArray(value) ? `[${value.join(', ')}]` : JSON.stringify(value));
}
