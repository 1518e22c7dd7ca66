import { createHash } from 'node:crypto';
import type { JsonObject, NodeChanges } from '@sluice/model';

/** The last good configuration of a node, as it is on disk. */
export interface NodeSnapshot {
  readonly revision: number;
  readonly lineage: string;
  /** When the revision was made; an earlier Sluice did not write it. */
  readonly revisionAt?: string | undefined;
  readonly routes: NodeChanges['routes'];
  readonly backends: NodeChanges['backends'];
}

/** The file cannot be used. */
export class SnapshotFormatError extends Error {
  override readonly name = 'SnapshotFormatError';
}

const format = 'sluice-snapshot';
const formatVersion = 1;
/** Documents written at once; between two pieces the process does other work. */
const documentsPerPiece = 200;
/** The end of the file: the SHA-256 of all bytes before it. */
const checksumLength = ',"checksum":""}\n'.length + 64;

/** The file, in pieces: one JSON document with a line for each route and backend, and a checksum at its end. */
export function* encodeSnapshot(snapshot: NodeSnapshot, savedAt: string): Generator<Buffer> {
  const hash = createHash('sha256');
  for (const text of bodyOf(snapshot, savedAt)) {
    const piece = Buffer.from(text);
    hash.update(piece);
    yield piece;
  }
  yield Buffer.from(`,"checksum":"${hash.digest('hex')}"}\n`);
}

/** Reads what `encodeSnapshot` wrote; throws a SnapshotFormatError for anything else. */
export function decodeSnapshot(file: Buffer): NodeSnapshot {
  const body = file.subarray(0, Math.max(0, file.length - checksumLength));
  // The version is read first: a later Sluice may put the checksum elsewhere.
  const head = body.subarray(0, 200).toString('latin1');
  if (!head.startsWith(`{"format":"${format}"`)) throw new SnapshotFormatError('it is not a snapshot of Sluice');
  const version = /^\{"format":"[a-z-]+","version":(\d+),/.exec(head)?.[1];
  if (version !== String(formatVersion)) {
    throw new SnapshotFormatError(
      `it has version ${version ?? 'unknown'} of the format; this Sluice reads version ${formatVersion}`,
    );
  }
  const end = file.subarray(body.length).toString('latin1');
  if (end !== `,"checksum":"${createHash('sha256').update(body).digest('hex')}"}\n`) {
    throw new SnapshotFormatError('it is damaged: the checksum does not match');
  }
  return JSON.parse(`${body.toString()}}`) as NodeSnapshot;
}

function* bodyOf({ routes, backends, ...state }: NodeSnapshot, savedAt: string): Generator<string> {
  const { revision, lineage, revisionAt } = state;
  const head = JSON.stringify({ format, version: formatVersion, revision, lineage, revisionAt, savedAt });
  yield head.slice(0, -1);
  yield* listOf('backends', backends);
  yield* listOf('routes', routes);
}

function* listOf(name: string, documents: readonly JsonObject[]): Generator<string> {
  yield `,"${name}":[`;
  for (let start = 0; start < documents.length; start += documentsPerPiece) {
    const lines = documents.slice(start, start + documentsPerPiece).map((document) => `\n${JSON.stringify(document)}`);
    yield (start === 0 ? '' : ',') + lines.join(',');
  }
  yield ']';
}
