import { apiBase, operationList } from '@sluice/model/api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startApi, testPassword } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let token: string;

beforeEach(async () => {
  started = await startApi();
  const admin = await started.client('Admin');
  const body = { username: 'ada', password: testPassword, role: 'Admin', mustChangePassword: true } as const;
  await admin.createUser({ body });
  token = await logIn(testPassword);
});
afterEach(() => started.close());

async function logIn(password: string): Promise<string> {
  const login = await started.access.login({ username: 'ada', password, address: '10.1.1.1', traceId: 'test' });
  return login.token;
}

async function refused(method: string, path: string): Promise<unknown> {
  const answer = await started.send(method, `${apiBase}${path}`, { token, ...(method !== 'GET' && { body: {} }) });
  const { error } = (answer.status === 204 ? {} : await answer.json()) as { error?: { code: string } };
  return answer.status === 403 && error?.code === 'PASSWORD_CHANGE_REQUIRED';
}

test('whose password was set by somebody else can look who they are, log out and change it: nothing else', async () => {
  const open: string[] = [];
  for (const { id, auth, method, path } of operationList) {
    // Logging out would be the end of the test.
    if (auth !== 'user' || id === 'logout') continue;
    if (!(await refused(method, path.replaceAll(/\{\w+\}/g, 'x')))) open.push(id);
  }
  expect(open).toEqual(['me', 'changePassword']);
  const { items } = await started.access.audit.find({ eventType: 'access.denied', limit: 1, offset: 0 });
  expect(items).toMatchObject([{ user: 'ada', outcome: 'denied', details: { status: 403 } }]);
  expect(await refused('POST', '/authentication/logout')).toBe(false);
});

test('with a password of their own they may do what their role allows', async () => {
  const newPassword = 'quite another password';
  const body = { currentPassword: testPassword, newPassword };
  expect((await started.send('PUT', `${apiBase}/authentication/password`, { token, body })).status).toBe(204);
  token = await logIn(newPassword);
  expect((await started.send('GET', `${apiBase}/gateway/users`, { token })).status).toBe(200);
});
