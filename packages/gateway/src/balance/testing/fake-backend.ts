import type { ChoosableBackend, ChoiceRequest, Choose } from '../strategy.ts';

/** A backend whose state a test sets. */
export interface FakeBackend extends ChoosableBackend {
  isUsable: boolean;
  isFailing: boolean;
  inFlight: number;
  latency: number;
}

/** Backends from name to weight, all usable, idle and not measured. */
export function backendsOf(weights: Readonly<Record<string, number>>): FakeBackend[] {
  return Object.entries(weights).map(([name, weight]) => ({
    name,
    weight,
    isUsable: true,
    isFailing: false,
    inFlight: 0,
    latency: 0,
    usable() {
      return this.isUsable;
    },
    failing() {
      return this.isFailing;
    },
    active() {
      return this.inFlight;
    },
    latencyMs() {
      return this.latency;
    },
  }));
}

/** `count` backends of one weight: b0, b1, ... */
export function equalBackends(count: number, weight = 100): FakeBackend[] {
  return backendsOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`b${index}`, weight])));
}

/** A request from an address, with headers by lower-case name. */
export function requestFrom(clientAddress: string, headers: Readonly<Record<string, string>> = {}): ChoiceRequest {
  return { clientAddress, header: (name) => headers[name] };
}

const anyone = requestFrom('192.0.2.1');

/** The names of the backends chosen one after the other for first attempts. */
export function namesChosen(choose: Choose<FakeBackend>, count: number): string[] {
  return Array.from({ length: count }, () => choose(anyone, [])?.name ?? 'none');
}

/** How often each name occurs. */
export function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
