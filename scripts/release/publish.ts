import { join } from 'node:path';
import { packageNames, readManifest, root } from './packages.ts';
import { runCommand, tryCommand } from './run-command.ts';

/** Why nothing may be published from here; empty when it may. */
export function releaseProblems(): string[] {
  const { stdout: branch } = runCommand('git', ['branch', '--show-current']);
  const { stdout: changes } = runCommand('git', ['status', '--porcelain']);
  const { name, version } = readManifest('sluice');
  return [
    ...(branch.trim() === 'main' ? [] : [`releases are made from main, and this is ${branch.trim() || 'no branch'}`]),
    ...(changes === '' ? [] : [`commit these first:\n${changes}`]),
    ...(isPublished(name, version)
      ? [`${name} ${version} is published already: npm run release -- --version makes the next version`]
      : []),
  ];
}

/** Publishes each package after those it depends on. A release that broke off goes on where it was. */
export function publishAll(): void {
  for (const folder of packageNames) {
    const { name, version } = readManifest(folder);
    if (isPublished(name, version)) continue;
    runCommand('npm', ['publish', join(root, 'build', folder)]);
    console.log(`published ${name} ${version}`);
  }
}

function isPublished(name: string, version: string): boolean {
  const { code, output } = tryCommand('npm', ['view', `${name}@${version}`, 'version']);
  if (code !== 0 && !output.includes('E404'))
    throw new Error(`npm does not say whether ${name} ${version} exists:\n${output}`);
  return code === 0 && output.trim() !== '';
}
