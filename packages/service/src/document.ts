import type { ConfigDocument } from './document/config-document.ts';
import { readJson } from './document/json.ts';
import { readToml } from './document/toml.ts';
import { readYaml } from './document/yaml.ts';

/** The reader for a file by its extension (.yaml, .yml, .json, .toml), or undefined for any other. */
export function documentReader(file: string): ((text: string) => ConfigDocument) | undefined {
  const extension = /\.([A-Za-z]+)$/.exec(file)?.[1]?.toLowerCase();
  switch (extension) {
    case 'yaml':
    case 'yml':
      return readYaml;
    case 'json':
      return readJson;
    case 'toml':
      return readToml;
    default:
      return undefined;
  }
}
