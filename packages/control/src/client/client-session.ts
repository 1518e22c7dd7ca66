import type { LoginResource } from '@sluice/model/api';

/** The tokens that authenticate a client. */
export interface Tokens {
  readonly token: string;
  readonly refreshToken?: string | undefined;
}

export interface SessionOptions {
  /** The token of a login, or an API key. */
  readonly token?: string | undefined;
  /** Asked for the token before each request, instead of `token`. */
  readonly getToken?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Gets a new token when one has expired. */
  readonly refreshToken?: string | undefined;
  /** Called with each login and each new pair of tokens, and with undefined after a logout. */
  readonly onLogin?: ((login: LoginResource | undefined) => void) | undefined;
}

/** Holds the tokens of a client and renews them. */
export class ClientSession {
  readonly #options: SessionOptions;
  #tokens: Tokens | undefined;
  #refreshing: Promise<boolean> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { token, refreshToken } = options;
    if (token !== undefined || refreshToken !== undefined) this.#tokens = { token: token ?? '', refreshToken };
  }

  async token(): Promise<string | undefined> {
    const { getToken } = this.#options;
    const token = this.#tokens?.token ?? (getToken && (await getToken()));
    return token === '' ? undefined : token;
  }

  /** Uses the tokens of a login from now on. */
  begin(login: LoginResource): void {
    this.#tokens = login;
    this.#options.onLogin?.(login);
  }

  end(): void {
    this.#tokens = undefined;
    this.#options.onLogin?.(undefined);
  }

  /**
   * Replaces the token `refused`. Callers at the same time share one renewal, because a refresh token can be used once. False
   * without a refresh token; rejects when `get` does.
   */
  async renew(refused: string | undefined, get: (refreshToken: string) => Promise<LoginResource>): Promise<boolean> {
    const { token, refreshToken } = this.#tokens ?? {};
    if (token !== undefined && token !== '' && token !== refused) return true;
    if (refreshToken === undefined) return false;
    this.#refreshing ??= get(refreshToken)
      .then((login) => {
        this.begin(login);
        return true;
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }
}
