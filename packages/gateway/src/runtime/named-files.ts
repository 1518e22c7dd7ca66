import { isFileName } from '@sluice/model';
import type { BackendTlsConfig } from '@sluice/model';
import { FileFault, isPem, readSmallFile, watchFiles } from '@sluice/service';
import type { FilesWatch, Logger } from '@sluice/service';
import { join, resolve } from 'node:path';
import { TrustTexts } from '../upstream/trust.ts';
import type { Trust } from '../upstream/trust.ts';
import { SecretTexts } from '../policy/secret-texts.ts';
import type { SecretOf } from '../policy/secret-texts.ts';
import { addressOf, mostSecretBytes, textIn } from './file-contents.ts';
import type { NamedFile, NamedSource, NamedText } from './messages.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface NamedFilesOptions {
  /** The folder of the files that routes may name; without it they may name none. */
  readonly folder: string | undefined;
  /** The folder of the modules that routes may name as policies; without it they may name none. */
  readonly policiesFolder?: string | undefined;
  /** Authorities, credentials and modules may be named by any path, as in the file of the gateway itself. */
  readonly anyPath: () => boolean;
  readonly log: Logger;
  /** Called when the content of a file changed, or when no route uses it any more. */
  readonly onChange: (file: NamedText) => void;
}

/** The most files: each is watched, and kept by every worker. */
const mostFiles = 256;
/** How long a swap waits for files, in milliseconds: a disk may hang. */
const patienceMs = 2_000;

interface Known extends NamedFile {
  users: number;
  text: string | undefined;
  /** The last reason that was logged. */
  complaint: string | undefined;
  reading: Promise<void>;
}

/** In the words of the log. */
const kinds = {
  authorities: { what: 'authorities of backends', harmed: 'the backends that name it are out of service' },
  secret: { what: 'a secret', harmed: 'routes that refer to it are out of service, and checks fail' },
  clientAuthorities: { what: 'authorities of client certificates', harmed: 'routes that name them answer 503' },
  users: { what: 'a file of users', harmed: 'routes whose users it has answer 503' },
  module: { what: 'the module of a policy', harmed: 'the routes that name it are out of service' },
  credentials: { what: 'a file of a policy', harmed: 'routes whose policies need it refuse their requests' },
} as const;

/**
 * The files that routes name: authorities of backends, secrets, and the files of policies. They are read before a configuration
 * that names them is live, and again when they change. A file that cannot be read affects only the routes that name it; a file
 * that could be read before keeps its last content.
 */
export class NamedFiles {
  readonly #options: NamedFilesOptions;
  readonly #known = new Map<string, Known>();
  readonly #texts = new TrustTexts();
  readonly #secrets = new SecretTexts();
  readonly #credentials = new SecretTexts();
  readonly #watch: FilesWatch;
  /** Inline texts that were looked at, by the object that holds them. */
  readonly #inline = new WeakMap<BackendTlsConfig, Trust>();

  constructor(options: NamedFilesOptions) {
    this.#options = options;
    this.#watch = watchFiles(
      () => this.#paths(),
      () => void this.#readAll(),
    );
  }

  /** The authorities that a backend is trusted by now. */
  readonly trustOf = (tls: BackendTlsConfig | undefined): Trust => {
    if (tls?.ca === undefined) return this.#texts.of(tls);
    const known = this.#inline.get(tls);
    if (known !== undefined) return known;
    const trust: Trust = isPem(tls.ca)
      ? { ok: true, ca: tls.ca }
      : { ok: false, reason: 'tls.ca: a certificate in it cannot be read' };
    this.#inline.set(tls, trust);
    return trust;
  };

  /** The current text of a secret. */
  get secretOf(): SecretOf {
    return this.#secrets.textOf;
  }

  /** The current text of a file that policies name. */
  get credentialsOf(): SecretOf {
    return this.#credentials.textOf;
  }

  /** Reads the files that are new. Resolves when they have been read, or take too long. Never rejects. */
  async add(uses: Iterable<NamedSource>): Promise<void> {
    const reading: Promise<void>[] = [];
    for (const use of uses) {
      if (use.kind === 'keySet') continue;
      const known = this.#known.get(keyOf(use)) ?? this.#begin(use);
      known.users++;
      reading.push(known.reading);
    }
    if (reading.length === 0) return;
    this.#watch.refresh();
    await waitAtMost(patienceMs, reading);
  }

  /** Releases files; each has to be removed as often as it was added. */
  remove(uses: Iterable<NamedSource>): void {
    for (const use of uses) {
      if (use.kind === 'keySet') continue;
      const known = this.#known.get(keyOf(use));
      if (known === undefined || --known.users > 0) continue;
      // There is room now for a file beyond the limit.
      if (this.#known.size > mostFiles) void this.#readAll();
      this.#known.delete(keyOf(use));
      this.#say(use, undefined);
    }
    this.#watch.refresh();
  }

  /** The texts of all files, for a worker that starts. */
  texts(): NamedText[] {
    return [...this.#known.values()].map(({ kind, name, text }) => ({ kind, name, text }));
  }

  /** May be called again. */
  close(): void {
    this.#watch.close();
  }

  #begin({ kind, name }: NamedFile): Known {
    const known: Known = { kind, name, users: 0, text: undefined, complaint: undefined, reading: Promise.resolve() };
    this.#known.set(keyOf(known), known);
    known.reading = this.#read(known);
    return known;
  }

  async #readAll(): Promise<void> {
    for (const known of this.#known.values()) await this.#read(known);
  }

  async #read(known: Known): Promise<void> {
    try {
      const text = await this.#textOf(known);
      if (known.complaint !== undefined || (known.text !== undefined && known.text !== text))
        this.#options.log.info(`${kinds[known.kind].what} was reloaded`, { file: known.name });
      known.complaint = undefined;
      if (known.text === text || this.#known.get(keyOf(known)) !== known) return;
      known.text = text;
      this.#say(known, text);
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      this.#complain(known, error.message);
    }
  }

  #complain(known: Known, reason: string): void {
    if (known.complaint === reason) return;
    known.complaint = reason;
    const { what, harmed } = kinds[known.kind];
    const outcome = known.text === undefined ? harmed : 'the last good content stays in use';
    this.#options.log.error(`${what} cannot be read: ${outcome}`, { file: known.name, reason });
  }

  async #textOf(file: Known): Promise<string> {
    const { folder } = this.#options;
    if (!this.#first().includes(file)) throw new FileFault(`is not read: more than ${mostFiles} files are named`);
    if (file.kind === 'module') return this.#moduleAddress(file.name);
    if (this.#isAnyPath(file)) return textIn[file.kind](await readSmallFile(file.name));
    if (folder === undefined) throw new FileFault('is not read: this node has no node.filesFolder');
    if (!isFileName(file.name)) throw new FileFault('is not the name of a file in node.filesFolder');
    const mostBytes = file.kind === 'secret' ? mostSecretBytes : undefined;
    return textIn[file.kind](await readSmallFile(file.name, { folder, mostBytes }));
  }

  /** Code is never run by its name alone: over the API it has to lie in the folder that the operator allows for code. */
  async #moduleAddress(name: string): Promise<string> {
    const { policiesFolder: folder } = this.#options;
    if (this.#options.anyPath()) return addressOf(resolve(name), await readSmallFile(name));
    if (folder === undefined) throw new FileFault('is not run: this node has no node.policiesFolder');
    if (!isFileName(name)) throw new FileFault('is not the name of a file in node.policiesFolder');
    return addressOf(resolve(folder, name), await readSmallFile(name, { folder }));
  }

  #say({ kind, name }: NamedFile, text: string | undefined): void {
    if (kind === 'authorities') this.#texts.put(name, text);
    else if (kind !== 'module') (kind === 'secret' ? this.#secrets : this.#credentials).put(name, text);
    this.#options.onChange({ kind, name, text });
  }

  #first(): Known[] {
    return [...this.#known.values()].slice(0, mostFiles);
  }

  #paths(): string[] {
    return this.#first().flatMap((file) => {
      if (this.#isAnyPath(file)) return [file.name];
      const folder = file.kind === 'module' ? this.#options.policiesFolder : this.#options.folder;
      return folder !== undefined && isFileName(file.name) ? [join(folder, file.name)] : [];
    });
  }

  #isAnyPath({ kind }: NamedFile): boolean {
    return kind !== 'secret' && this.#options.anyPath();
  }
}

function keyOf({ kind, name }: NamedFile): string {
  return `${kind} ${name}`;
}
