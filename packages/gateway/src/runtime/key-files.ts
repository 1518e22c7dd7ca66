import type { JwtMethodConfig, Problem, RouteConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { keyFileProblem } from '../policy/authentication/jwt/key-source.ts';
import type { SecretOf } from '../policy/secret-texts.ts';
import { versionsOf } from './named-by.ts';
import type { Planner } from './planner.ts';

/** A file whose content cannot be the keys that a method needs. */
export interface KeyFileProblem extends Problem {
  readonly file: string;
}

/** What is wrong with the files of keys that the policies of a route name, as far as they can be read; paths begin at the route. */
export function keyFileProblems({ authentication }: RouteConfig, textOf: SecretOf): KeyFileProblem[] {
  return (authentication?.methods ?? []).flatMap((method, index) => {
    if (method.type !== 'jwt') return [];
    return (['publicKeyFile', 'secretFile'] as const).flatMap((field) => {
      const file = method[field];
      const text = file === undefined ? undefined : textOf(file);
      if (file === undefined || text === undefined) return [];
      const message = judged(method, text, field);
      return message === undefined ? [] : [{ path: ['authentication', 'methods', index, field], message, file }];
    });
  });
}

/** Methods are looked at with each report; their files rarely change. */
const known = new WeakMap<JwtMethodConfig, { readonly text: string; readonly message: string | undefined }>();

function judged(method: JwtMethodConfig, text: string, field: 'publicKeyFile' | 'secretFile'): string | undefined {
  const before = known.get(method);
  if (before?.text === text) return before.message;
  const message = keyFileProblem(text, field, method.algorithms);
  known.set(method, { text, message });
  return message;
}

/** Tells the log which files of keys cannot be used. */
export class KeyFiles {
  readonly #planner: Pick<Planner, 'routesAtRisk'>;
  readonly #textOf: SecretOf;
  readonly #log: Logger;
  #told = new Set<string>();

  constructor(planner: Pick<Planner, 'routesAtRisk'>, textOf: SecretOf, log: Logger) {
    this.#planner = planner;
    this.#textOf = textOf;
    this.#log = log;
  }

  /** Tells what has come since the last call. */
  tell(): void {
    const found = new Set<string>();
    for (const { config } of this.#planner.routesAtRisk()) {
      for (const { file, message: reason } of versionsOf(config).flatMap((each) =>
        keyFileProblems(each, this.#textOf),
      )) {
        const key = `${file} ${reason}`;
        if (!found.has(key) && !this.#told.has(key))
          this.#log.error('a file of keys cannot be used; the last good keys stay in use, if there are any', {
            file,
            reason,
          });
        found.add(key);
      }
    }
    this.#told = found;
  }
}
