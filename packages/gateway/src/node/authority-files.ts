import { isFileName, type BackendTlsConfig } from '@sluice/model';
import { FileFault, readSmallFile, watchFiles, type FilesWatch, type Logger } from '@sluice/service';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TrustTexts, type Trust } from '../forward/trust.ts';

/** What is done with the authorities of backends. */
export interface AuthorityFilesOptions {
  /** Which files routes may name: any, as in the file of the gateway itself; those of a folder; or none. */
  readonly allowed: 'all' | 'none' | { readonly folder: string };
  readonly log: Logger;
  /** A file says something else now; undefined when it is not used any more. */
  readonly onChange: (file: string, text: string | undefined) => void;
}

/** Each of them is watched, and kept by every worker. */
const mostFiles = 256;
/** How long a swap waits for files that do not come, as from a disk that hangs. In milliseconds. */
const patienceMs = 2_000;

interface Known {
  users: number;
  text: string | undefined;
  /** What was said of it last. */
  complaint: string | undefined;
  reading: Promise<void>;
}

/**
 * The files of authorities that backends name. They are read before a configuration that names them is live, and again when
 * they change. One that cannot be read harms nobody but the backends that name it; one that could keeps what it said.
 */
export class AuthorityFiles {
  readonly #options: AuthorityFilesOptions;
  readonly #known = new Map<string, Known>();
  readonly #texts = new TrustTexts();
  readonly #watch: FilesWatch;
  /** Inline texts that were looked at, by the object that holds them. */
  readonly #inline = new WeakMap<BackendTlsConfig, Trust>();

  constructor(options: AuthorityFilesOptions) {
    this.#options = options;
    this.#watch = watchFiles(
      () => this.#paths(),
      () => void this.#readAll(),
    );
  }

  /** What a backend is judged by now. */
  readonly of = (tls: BackendTlsConfig | undefined): Trust => {
    if (tls?.ca === undefined) return this.#texts.of(tls);
    const known = this.#inline.get(tls);
    if (known !== undefined) return known;
    const trust: Trust = isPem(tls.ca)
      ? { ok: true, ca: tls.ca }
      : { ok: false, reason: 'tls.ca: a certificate in it cannot be read' };
    this.#inline.set(tls, trust);
    return trust;
  };

  /** Reads the files that are new. Resolves when they have been read, or take too long. Never rejects. */
  async add(uses: Iterable<BackendTlsConfig | undefined>): Promise<void> {
    const reading: Promise<void>[] = [];
    for (const tls of uses) {
      const file = tls?.caFile;
      if (file === undefined) continue;
      const known = this.#known.get(file) ?? this.#begin(file);
      known.users++;
      reading.push(known.reading);
    }
    if (reading.length === 0) return;
    this.#watch.refresh();
    const late = new AbortController();
    await Promise.race([Promise.all(reading), delay(patienceMs, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort();
  }

  /** Lets go of files, as often as they were added. */
  remove(uses: Iterable<BackendTlsConfig | undefined>): void {
    for (const tls of uses) {
      const file = tls?.caFile;
      const known = file === undefined ? undefined : this.#known.get(file);
      if (file === undefined || known === undefined || --known.users > 0) continue;
      // There is room for one that there were too many of.
      if (this.#known.size > mostFiles) void this.#readAll();
      this.#known.delete(file);
      this.#say(file, undefined);
    }
    this.#watch.refresh();
  }

  /** The texts of all files, for a worker that starts. */
  texts(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#known].flatMap(([file, { text }]) => (text === undefined ? [] : [[file, text]])),
    );
  }

  /** May be called again. */
  close(): void {
    this.#watch.close();
  }

  #begin(file: string): Known {
    const known: Known = { users: 0, text: undefined, complaint: undefined, reading: Promise.resolve() };
    this.#known.set(file, known);
    known.reading = this.#read(file, known);
    return known;
  }

  async #readAll(): Promise<void> {
    for (const [file, known] of this.#known) await this.#read(file, known);
  }

  async #read(file: string, known: Known): Promise<void> {
    try {
      const text = await this.#textOf(file);
      if (known.complaint !== undefined || (known.text !== undefined && known.text !== text))
        this.#options.log.info('authorities of backends were read anew', { file });
      known.complaint = undefined;
      if (known.text === text || this.#known.get(file) !== known) return;
      known.text = text;
      this.#say(file, text);
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      this.#complain(file, known, error.message);
    }
  }

  #complain(file: string, known: Known, reason: string): void {
    if (known.complaint === reason) return;
    known.complaint = reason;
    const outcome =
      known.text === undefined ? 'the backends that name it are out of service' : 'the last good ones stay';
    this.#options.log.error(`authorities of backends cannot be read: ${outcome}`, { file, reason });
  }

  async #textOf(file: string): Promise<string> {
    const { allowed } = this.#options;
    if (!this.#first().includes(file)) throw new FileFault(`is not read: more than ${mostFiles} files are named`);
    if (allowed === 'none') throw new FileFault('is not read: without node.filesFolder the API names no files');
    if (allowed !== 'all' && !isFileName(file)) throw new FileFault('is no name of a file in node.filesFolder');
    const text = String(await readSmallFile(file, allowed === 'all' ? {} : allowed));
    if (!isPem(text)) throw new FileFault('holds no PEM certificate, or one that cannot be read');
    return text;
  }

  #say(file: string, text: string | undefined): void {
    this.#texts.put(file, text);
    this.#options.onChange(file, text);
  }

  #first(): string[] {
    return [...this.#known.keys()].slice(0, mostFiles);
  }

  #paths(): string[] {
    const { allowed } = this.#options;
    if (allowed === 'all') return this.#first();
    if (allowed === 'none') return [];
    return this.#first().flatMap((file) => (isFileName(file) ? [join(allowed.folder, file)] : []));
  }
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether a text holds certificates, all of which can be read. */
export function isPem(text: string): boolean {
  const blocks = text.match(block) ?? [];
  try {
    return blocks.length > 0 && blocks.every((pem) => new X509Certificate(pem).subject !== undefined);
  } catch {
    return false;
  }
}
