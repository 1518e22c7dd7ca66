import { CORE_SCHEMA, dump } from 'js-yaml';
import { writtenBy } from './monitoring-files.ts';
import type { MonitoringFile } from './monitoring-files.ts';

/** A YAML file that says what it is for and where it comes from. */
export function yamlFile(path: string, about: string, content: object): MonitoringFile {
  const head = `# ${about}\n# ${writtenBy}, which replaces it: keep your own changes in other files.\n`;
  return { path, content: head + dump(content, { schema: CORE_SCHEMA, lineWidth: 120, noRefs: true }) };
}
