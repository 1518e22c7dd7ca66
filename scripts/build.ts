/**
 * `npm run build`: compiles every package into `build/NAME/`, a folder as it is published: JavaScript with types, without tests,
 * and with the manifest, the license, a README and the command. Development needs none of it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedManifest } from './release/published-manifest.ts';
import { packageNames, readManifest, root } from './release/packages.ts';

const compiled = spawnSync('tsc', ['-b', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (compiled.error) throw compiled.error;
if (compiled.status !== 0) process.exit(1);

for (const name of packageNames) {
  const [source, target] = [join(root, 'packages', name), join(root, 'build', name)];
  removeStale(source, target);
  for (const file of globSync('dist/**/*.js', { cwd: target })) nameCompiledThreads(join(target, file));
  const manifest = readManifest(name);
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  for (const file of ['README.md', 'CHANGELOG.md', 'bin']) {
    if (existsSync(join(source, file))) cpSync(join(source, file), join(target, file), { recursive: true });
  }
  if (!existsSync(join(source, 'README.md'))) writeFileSync(join(target, 'README.md'), partReadme(manifest));
}
addSwaggerUi(join(root, 'build/control/dist/api/swagger-ui'));
console.log(`built ${packageNames.length} packages in build/`);

/** The compiler leaves what it made of a file that is gone since. */
function removeStale(source: string, target: string): void {
  for (const file of globSync('dist/**/*.{js,d.ts}', { cwd: target, exclude: ['dist/api/swagger-ui/**'] })) {
    const written = file.replace(/^dist/, 'src').replace(/\.(js|d\.ts)$/, '.ts');
    if (!existsSync(join(source, written))) rmSync(join(target, file));
  }
}

/** The compiler renames what is imported, but not the file that a thread starts with. */
function nameCompiledThreads(file: string): void {
  const text = readFileSync(file, 'utf8');
  const renamed = text.replaceAll(
    /new URL\('(\.[^']+)\.ts', import\.meta\.url\)/g,
    `new URL('$1.js', import.meta.url)`,
  );
  if (renamed !== text) writeFileSync(file, renamed);
}

/** For the packages behind `sluice`, which nobody installs by name. */
function partReadme({ name, description }: { readonly name: string; readonly description: string }): string {
  return `# ${name}\n\n${description}.\n\nThis package is a part of [sluice](https://www.npmjs.com/package/sluice), the API gateway; install that one.\n`;
}

/** The files of the page at /swagger. The package that has them brings a web server along, so it is not depended on. */
function addSwaggerUi(target: string): void {
  const source = join(root, 'node_modules/@fastify/swagger-ui');
  mkdirSync(target, { recursive: true });
  copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'NOTICE'), 'swagger-ui\nCopyright 2020-2021 SmartBear Software Inc.\n');
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    copyFileSync(join(source, 'static', name), join(target, name));
  }
}
