import { makePrivateFolder } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const form = /^[\w-]{43}$/;

/**
 * The key by which this node proves that it is the one that used its name before. It is made at the first start and kept
 * beside the snapshot, readable by the owner alone. Where it cannot be kept, it lasts as long as the process; after a
 * restart control then refuses the node until the process before has been silent for 15 s.
 */
export async function nodeKey(snapshotFile: string, log: Pick<Logger, 'warn'>): Promise<string> {
  const file = join(dirname(snapshotFile), 'node.key');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (form.test(kept.trim())) return kept.trim();
  const made = randomBytes(32).toString('base64url');
  try {
    await makePrivateFolder(dirname(file));
    await writeFile(file, `${made}\n`, { mode: 0o600 });
  } catch (error) {
    log.warn(
      'the key of this node could not be saved beside node.snapshotFile; the control plane may refuse the node for 15 s after a restart',
      { file, error },
    );
  }
  return made;
}
