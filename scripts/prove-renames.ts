/**
 * Proves that a field has one name, in its schema: renames a field there, in a copy of the packages, and expects the type
 * checker to refuse every file of the product that mentions it. A file that reads the field by a string, or through a type
 * of its own, would compile and silently find nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Rename {
  readonly field: string;
  /** Where it is declared. */
  readonly schema: string;
  /** Files that may mention it and compile all the same, with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
}

const root = resolve(import.meta.dirname, '..');
const model = 'packages/model/src';

const renames: readonly Rename[] = [
  {
    field: 'pathPattern',
    schema: `${model}/config/route-config.ts`,
    exceptions: {
      [`${model}/api/route-operations.ts`]: 'names the field in a sentence for people',
      'packages/cli/src/config/starter-config.ts': 'text of a YAML file; a test reads it by the schema',
    },
  },
  {
    field: 'connectionPool',
    schema: `${model}/config/backend-config.ts`,
    exceptions: {},
  },
  {
    field: 'onConflict',
    schema: `${model}/deployment/deployment-settings.ts`,
    exceptions: {},
  },
];

/** Tests, and what helps them. */
const besideProduct = /\.test\.ts$|\.bench\.ts$|\/(?:testing|simulation)(?:\/|$)/;

/** The files of the product, without tests and what helps them. */
function productFiles(): readonly string[] {
  return readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
    .map((file) => `packages/${file}`)
    .filter((file) => /^packages\/[^/]+\/src\/.*\.tsx?$/.test(file))
    .filter((file) => !besideProduct.test(file));
}

/** The files that the type checker refuses once the field has another name. */
function refusedFiles({ field, schema }: Rename): ReadonlySet<string> {
  const tree = mkdtempSync(join(tmpdir(), 'sluice-renamed-'));
  try {
    cpSync(join(root, 'packages'), join(tree, 'packages'), {
      recursive: true,
      filter: (file) => !besideProduct.test(file),
    });
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: object;
    };
    writeFileSync(join(tree, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['packages/*/src'] }));
    linkModules(tree);
    const source = readFileSync(join(tree, schema), 'utf8');
    const renamed = source.replaceAll(new RegExp(`^(  +)${field}(: z|,|: ${field}\\b)`, 'gm'), `$1${field}Renamed$2`);
    if (renamed === source) throw new Error(`${schema} does not declare ${field}`);
    writeFileSync(join(tree, schema), renamed.replace(`${field}Renamed,`, `${field}Renamed: ${field},`));
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json', '--pretty', 'false'], {
      cwd: tree,
      encoding: 'utf8',
    });
    return new Set(stdout.split('\n').flatMap((line) => /^(packages\/[^(]+)\(.*\): error TS/.exec(line)?.[1] ?? []));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** The dependencies of the repository, but the packages of the copy. */
function linkModules(tree: string): void {
  const modules = join(root, 'node_modules');
  cpSync(join(modules, '@sluice'), join(tree, 'node_modules/@sluice'), { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(modules)) {
    if (name !== '@sluice') symlinkSync(join(modules, name), join(tree, 'node_modules', name));
  }
}

function prove(rename: Rename): boolean {
  const { field, schema, exceptions } = rename;
  const word = new RegExp(`\\b${field}\\b`);
  const mentions = productFiles().filter(
    (file) => file !== schema && word.test(readFileSync(join(root, file), 'utf8')),
  );
  const refused = refusedFiles(rename);
  const missed = mentions.filter((file) => !refused.has(file) && !(file in exceptions));
  const idle = Object.keys(exceptions).filter((file) => !mentions.includes(file) || refused.has(file));
  for (const file of missed) console.error(`${file} compiles, although it mentions ${field}, which has another name`);
  for (const file of idle) console.error(`${file} is no exception for ${field}: take it out of the list`);
  if (missed.length + idle.length > 0) return false;
  const kept = Object.keys(exceptions).length;
  console.log(
    `${field}: ${mentions.length - kept} of ${mentions.length} files that mention it fail to compile; ${kept} may`,
  );
  return true;
}

process.exitCode = renames.map(prove).every(Boolean) ? 0 : 1;
