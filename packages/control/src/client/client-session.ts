import type { LoginResource } from '@sluice/model/api';

/** What a client proves with who it is. */
export interface Tokens {
  readonly token: string;
  readonly refreshToken?: string | undefined;
}

/** Where the tokens of a client come from. */
export interface SessionOptions {
  /** The token of a login, or an API key. */
  readonly token?: string | undefined;
  /** Asked for the token before each request, instead of `token`. */
  readonly getToken?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** With it the client gets the next token when one has run out. */
  readonly refreshToken?: string | undefined;
  /** Told of each login and of each new pair of tokens, and of undefined after a logout. */
  readonly onLogin?: ((login: LoginResource | undefined) => void) | undefined;
}

/** The tokens of a client as they change. */
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

  /** Takes over the tokens of a login. */
  begin(login: LoginResource): void {
    this.#tokens = login;
    this.#options.onLogin?.(login);
  }

  end(): void {
    this.#tokens = undefined;
    this.#options.onLogin?.(undefined);
  }

  /**
   * Gets the next tokens in place of `refused`, once for all who ask at the same time, because a refresh token is good for
   * one use. False when there is nothing to get them with; otherwise rejects when `get` does.
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
