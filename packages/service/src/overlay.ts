import type { ConfigProblem } from './config-problem.ts';
import type { Override } from './environment.ts';

type Container = Record<string | number, unknown>;

/** A value with the overrides laid over it, in order; the value itself is not changed. */
export function overlay(base: unknown, overrides: readonly Override[]): { value: unknown; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  let value = overrides.length === 0 ? base : structuredClone(base);
  for (const override of overrides) {
    const root: Container = { value };
    const message = assign(root, ['value', ...override.path], structuredClone(override.value));
    if (message !== undefined) problems.push({ path: [...override.path], message, source: override.source });
    value = root['value'];
  }
  return { value, problems };
}

/** Sets the value at a path; says what is wrong when a list would get a hole. */
function assign(root: Container, path: readonly (string | number)[], value: unknown): string | undefined {
  let container = root;
  for (const [index, step] of path.entries()) {
    if (Array.isArray(container) && typeof step === 'number' && step > container.length) {
      return `the list has ${container.length} entries, so the next is number ${container.length}`;
    }
    const next = path[index + 1];
    if (next === undefined) define(container, step, value);
    else if (!fits(own(container, step), next)) define(container, step, typeof next === 'number' ? [] : {});
    container = own(container, step) as Container;
  }
  return undefined;
}

function fits(value: unknown, step: string | number): boolean {
  return typeof value === 'object' && value !== null && Array.isArray(value) === (typeof step === 'number');
}

function own(container: Container, step: string | number): unknown {
  return Object.hasOwn(container, step) ? container[step] : undefined;
}

/** Plain assignment to `__proto__` would change the object's prototype instead of adding a key. */
function define(container: Container, step: string | number, value: unknown): void {
  Object.defineProperty(container, step, { value, writable: true, enumerable: true, configurable: true });
}
