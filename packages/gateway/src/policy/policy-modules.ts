import type { RouteConfig } from '@sluice/model';
import type { Rule } from '@sluice/model/rule';

/** The modules that policies need besides their own, each loaded when a route needs it: they cost every worker memory. */
export class PolicyModules {
  #compileRule: ((text: string) => Rule) | undefined;

  /** Loads what a route and its candidate need, before they are compiled. */
  async load({ authorization, split }: Pick<RouteConfig, 'authorization' | 'split'>): Promise<void> {
    if (authorization?.rule !== undefined) this.#compileRule ??= (await import('@sluice/model/rule')).compileRule;
    if (split !== undefined) await this.load(split.candidate);
  }

  /** Compiles a rule of a route that was loaded. */
  rule(text: string): Rule {
    if (this.#compileRule === undefined) throw new Error('the language of rules was not loaded');
    return this.#compileRule(text);
  }
}
