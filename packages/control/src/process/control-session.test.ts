import type { Logger } from '@sluice/service';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import type { ControlPlane } from './control-plane.ts';
import { ControlSession } from './control-session.ts';
import type { ControlSessionOptions } from './control-session.ts';

class AwayError extends Error {}

const told: string[] = [];
const tell = (message: string, { reason }: { reason?: string } = {}): void => {
  told.push(reason === undefined ? message : `${message} ${reason}`);
};
const log = { info: tell, warn: tell, error: tell } as unknown as Logger;

/** A plane that notes how often it was let go of. */
function makePlane() {
  const close = vi.fn<() => Promise<void>>().mockResolvedValue();
  const handler = vi.fn<() => void>();
  return { close, handler, plane: { close, handler } as unknown as ControlPlane };
}

function session(rest: Pick<ControlSessionOptions, 'open' | 'onOpen'>): ControlSession {
  told.length = 0;
  return new ControlSession({ ...rest, isPassing: (error) => error instanceof AwayError, log, retryMs: 1 });
}

function ask({ handler }: ControlSession): number | undefined {
  let status: number | undefined;
  const end = { end: () => undefined };
  const response = { writeHead: (code: number) => ((status = code), end) } as unknown as ServerResponse;
  void handler({} as IncomingMessage, response);
  return status;
}

test('what fails after the opening lets go of the plane before it is tried again', async () => {
  const [first, second] = [makePlane(), makePlane()];
  const open = vi.fn<() => Promise<ControlPlane>>().mockResolvedValueOnce(first.plane).mockResolvedValue(second.plane);
  const onOpen = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new AwayError('gone again')).mockResolvedValue();
  const one = session({ open, onOpen });
  await one.firstAttempt();
  await vi.waitFor(() => expect(one.plane).toBe(second.plane));
  expect(first.close).toHaveBeenCalledOnce();
  await one.close();
  expect([open.mock.calls.length, second.close.mock.calls.length]).toEqual([2, 1]);
});

test('an error that will not pass by itself ends the start; later it is told once and looked at again', async () => {
  const broken = new Error('the store is newer than this program');
  const atStart = session({ open: () => Promise.reject(broken), onOpen: () => Promise.resolve() });
  await expect(atStart.firstAttempt()).rejects.toBe(broken);
  await atStart.close();
  const { plane } = makePlane();
  const open = vi
    .fn<() => Promise<ControlPlane>>()
    .mockRejectedValueOnce(new AwayError('away'))
    .mockRejectedValueOnce(broken)
    .mockRejectedValueOnce(broken)
    .mockResolvedValue(plane);
  const later = session({ open, onOpen: () => Promise.resolve() });
  await later.firstAttempt();
  await vi.waitFor(() => expect(told).toHaveLength(3));
  expect(told).toEqual([
    'the store cannot be reached; retrying away',
    'the control plane cannot be opened; retrying the store is newer than this program',
    'the store is reachable; the management API is open',
  ]);
  await later.close();
});

test('the API stays closed until it is settled whose the routes are', async () => {
  const { plane, handler } = makePlane();
  const settled = Promise.withResolvers<void>();
  const one = session({ open: () => Promise.resolve(plane), onOpen: () => settled.promise });
  await vi.waitFor(() => expect(one.plane).toBe(plane));
  expect([ask(one), handler.mock.calls.length]).toEqual([503, 0]);
  settled.resolve();
  await one.firstAttempt();
  expect([ask(one), handler.mock.calls.length]).toEqual([undefined, 1]);
  await one.close();
});
