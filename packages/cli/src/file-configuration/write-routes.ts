import { CORE_SCHEMA, dump } from 'js-yaml';

/** Routes and shared backends, as the API gives them: without what equals its default. */
export interface Exported {
  readonly revision: number;
  readonly routes: readonly object[];
  readonly backends: readonly object[];
}

/** An export as the text of a configuration file that `sluice check` accepts and `sluice apply` brings back. */
export function writeRoutes({ revision, routes, backends }: Exported, format: 'yaml' | 'json'): string {
  const content = { routes, ...(backends.length > 0 && { backends }) };
  if (format === 'json') return `${JSON.stringify(content, null, 2)}\n`;
  // The schema that configuration files are read with: what it would read as a number or a boolean is quoted.
  const text = dump(content, { schema: CORE_SCHEMA, lineWidth: -1, noRefs: true });
  const head = `# Routes and backends as of revision ${revision}; "sluice apply FILE" brings them back.`;
  return `${head}\n# Consumers are not among them: "sluice backup" has everything.\n${text}`;
}
