import { describe } from 'vitest';
import { backupConformance } from './backup-conformance.ts';
import { bodyConformance } from './body-conformance.ts';
import { commitConformance } from './commit-conformance.ts';
import { findConformance } from './find-conformance.ts';
import { lifetimeConformance } from './lifetime-conformance.ts';
import { migrationConformance } from './migration-conformance.ts';
import { modelConformance } from './model-conformance.ts';
import type { StoreSubject } from './subject.ts';

type Part = (subject: StoreSubject) => void;

const parts: readonly (readonly [string, Part])[] = [
  ['commit', commitConformance],
  ['find', findConformance],
  ['ids and bodies', bodyConformance],
  ['dump and load', backupConformance],
  ['lifetime', lifetimeConformance],
  ['any sequence of commits', modelConformance],
];

/** Tests that hold for every kind of store; to be called at the top of a test file. */
export function storeConformance(name: string, subject: StoreSubject): void {
  const own: typeof parts = subject.persistent ? [...parts, ['migrations', migrationConformance]] : parts;
  for (const [what, part] of own) {
    describe(`${name}: ${what}`, () => {
      part(subject);
    });
  }
}
