import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageNames, readManifest, root } from './packages.ts';
import { runCommand } from './run-command.ts';
import { tools } from './tools.ts';

const settings = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024'],
    types: ['node'],
    noEmit: true,
    skipLibCheck: false,
  },
  files: ['consumer.mts'],
};

/** Compiles a program that imports every public entry, as strictly as TypeScript can, with the current version and with the one before. */
export function compileConsumer(folder: string): void {
  for (const name of ['@types/node', 'undici-types']) {
    cpSync(join(tools, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  const imports = publicEntries().map(
    (entry, index) => `import * as entry${index} from '${entry}';\nconsole.log(entry${index});\n`,
  );
  writeFileSync(join(folder, 'consumer.mts'), imports.join(''));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  for (const typescript of [join(root, 'node_modules/.bin/tsc'), join(tools, 'node_modules/.bin/tsc')]) {
    runCommand(typescript, ['-p', 'tsconfig.json'], { cwd: folder });
  }
}

/** Such as `sluice/client`. */
function publicEntries(): string[] {
  return packageNames.flatMap((folder) => {
    const { name, exports } = readManifest(folder);
    const entries = Object.keys(exports).filter((entry) => entry !== './testing');
    return entries.map((entry) => name + entry.slice(1));
  });
}
