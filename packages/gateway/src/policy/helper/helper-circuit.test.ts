import { expect, test } from 'vitest';
import { HelperCircuit } from './helper-circuit.ts';

function openCircuit(failures: number): HelperCircuit {
  const circuit = new HelperCircuit();
  for (let i = 0; i < failures; i++) circuit.failed(0);
  return circuit;
}

test('five failures in a row open the circuit, for a second', () => {
  expect(openCircuit(4).admits(0)).toBe(true);
  const circuit = openCircuit(5);
  expect([circuit.admits(999), circuit.admits(1_000)]).toEqual([false, true]);
});

test('one question at a time is a trial, and the pause doubles with each that fails', () => {
  const circuit = openCircuit(5);
  expect([circuit.admits(1_000), circuit.admits(1_000)]).toEqual([true, false]);
  circuit.failed(1_500);
  expect([circuit.admits(3_499), circuit.admits(3_500)]).toEqual([false, true]);
});

test('many questions that fail at once open the circuit no longer than five do', () => {
  expect(openCircuit(64).admits(1_000)).toBe(true);
});

test('one that succeeds closes it', () => {
  const circuit = openCircuit(5);
  circuit.succeeded();
  circuit.failed(0);
  expect(circuit.admits(0)).toBe(true);
});
