import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from '../../secret-texts.ts';

/** What a sealed text is for: it opens for nothing else. */
export interface SealPurpose {
  readonly kind: 'session' | 'login';
  /** Where the browser is, as scheme and host. */
  readonly origin: string;
}

const cipher = 'aes-256-gcm';
const [nonceBytes, tagBytes] = [12, 16];
/** A user has what is sealed, and all the time to guess a short secret. */
const leastSecretBytes = 16;

/**
 * Seals texts for browsers to keep. The key is derived from the secret and from which login it is for, so that every worker
 * and every node with the same settings opens what another has sealed.
 */
export class Seal {
  readonly #secret: Secret;
  readonly #login: string;
  #derived: { readonly from: string; readonly key: Buffer } | undefined = undefined;

  constructor(secret: Secret, login: string) {
    this.#secret = secret;
    this.#login = login;
  }

  /** Why nothing can be sealed; undefined if it can. */
  get fault(): string | undefined {
    const { text } = this.#secret;
    if (text === undefined) return 'the secret that encrypts sessions cannot be read';
    return Buffer.byteLength(text) < leastSecretBytes
      ? `the secret that encrypts sessions has less than ${leastSecretBytes} bytes`
      : undefined;
  }

  /** Throws if there is a `fault`. */
  close(text: string, purpose: SealPurpose): string {
    const nonce = randomBytes(nonceBytes);
    const encrypt = createCipheriv(cipher, this.#key(), nonce).setAAD(boundTo(purpose));
    const sealed = [encrypt.update(text, 'utf8'), encrypt.final()];
    return Buffer.concat([nonce, encrypt.getAuthTag(), ...sealed]).toString('base64url');
  }

  /** Undefined for anything that was not sealed with this secret for this purpose. */
  open(sealed: string, purpose: SealPurpose): string | undefined {
    if (this.fault !== undefined) return undefined;
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < nonceBytes + tagBytes) return undefined;
    const [nonce, tag, rest] = [
      bytes.subarray(0, nonceBytes),
      bytes.subarray(nonceBytes, nonceBytes + tagBytes),
      bytes.subarray(nonceBytes + tagBytes),
    ];
    try {
      const decrypt = createDecipheriv(cipher, this.#key(), nonce, { authTagLength: tagBytes });
      decrypt.setAAD(boundTo(purpose)).setAuthTag(tag);
      return Buffer.concat([decrypt.update(rest), decrypt.final()]).toString('utf8');
    } catch {
      // Node says so by throwing: it was sealed elsewhere, or by nobody.
      return undefined;
    }
  }

  #key(): Buffer {
    const { text } = this.#secret;
    if (text === undefined || this.fault !== undefined) throw new Error(this.fault);
    if (this.#derived?.from !== text) {
      const key = Buffer.from(hkdfSync('sha256', text, '', `sluice oidc 1 ${this.#login}`, 32));
      this.#derived = { from: text, key };
    }
    return this.#derived.key;
  }
}

function boundTo({ kind, origin }: SealPurpose): Buffer {
  return Buffer.from(`${kind} ${origin}`);
}
