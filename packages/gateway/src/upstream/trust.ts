import type { BackendTlsConfig } from '@sluice/model';

/** The authorities that a backend is judged by: their PEM text, undefined for the usual ones; or what is wrong with them. */
export type Trust =
  | { readonly ok: true; readonly ca: string | undefined }
  /** `reason` is for everybody: it does not tell which files there are. */
  | { readonly ok: false; readonly reason: string };

/** Finds the authorities of a backend. */
export type TrustOf = (tls: BackendTlsConfig | undefined) => Trust;

/** Nobody may find out by it which files there are: a file that is missing and one without a certificate are one. */
const unusableFile = 'tls.caFile: this node cannot read certificates from a file of this name; its log says more';

/** The authorities of files, as one worker knows them, or whoever else has their texts. */
export class TrustTexts {
  readonly #texts = new Map<string, string>();

  /** Takes over texts; undefined forgets one. */
  put(file: string, text: string | undefined): void {
    if (text === undefined) this.#texts.delete(file);
    else this.#texts.set(file, text);
  }

  /** The same text (===) until it is replaced. */
  readonly of: TrustOf = (tls) => {
    if (tls?.caFile === undefined) return { ok: true, ca: tls?.ca };
    const ca = this.#texts.get(tls.caFile);
    return ca === undefined ? { ok: false, reason: unusableFile } : { ok: true, ca };
  };
}

/** For backends that name no files. */
export const withoutFiles: TrustOf = new TrustTexts().of;
