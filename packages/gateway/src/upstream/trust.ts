import type { BackendTlsConfig } from '@sluice/model';

/** The authorities that verify a backend: their PEM text, undefined for the usual ones; or why they cannot be used. */
export type Trust =
  | { readonly ok: true; readonly ca: string | undefined }
  /** `reason` is for everybody: it does not tell which files there are. */
  | { readonly ok: false; readonly reason: string };

/** Finds the authorities of a backend. */
export type TrustOf = (tls: BackendTlsConfig | undefined) => Trust;

/** The same text for a file that is missing and one without a certificate, so that it does not tell which files exist. */
const unusableFile = 'tls.caFile: this node cannot read certificates from a file of this name; its log says more';

/** The texts of the files of authorities. */
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
