import { Agent, createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, startHttpBackend, startSluice, until } from '../kit/index.ts';
import type { Answer, HttpBackend, Sluice } from '../kit/index.ts';

// A backend that authenticates connections, as IIS does (RFC 4559 §6): whoever sends on one that somebody has logged in on
// is taken for that person.
interface Login {
  challenge?: string;
  user?: string;
}

let backends: HttpBackend[];
let sluice: Sluice;
const logins = new WeakMap<Socket, Login>();
const agents: Agent[] = [];
let challenges = 0;

beforeAll(async () => {
  backends = await Promise.all(['one', 'two'].map(startLoginBackend));
  const connectionPool = { maxSize: 4 };
  sluice = await startSluice({
    proxy: { workers: 1 },
    routes: [{ name: 'all', backends: backends.map(({ name, url }) => ({ name, url, connectionPool })) }],
  });
});
afterAll(async () => {
  for (const agent of agents) agent.destroy();
  await sluice.stop();
  await Promise.all(backends.map((backend) => backend.close()));
});

async function startLoginBackend(name: string): Promise<HttpBackend> {
  const backend = await startHttpBackend(name, { server: createServer() });
  backend.answer = (request, response) => {
    request.resume();
    const login = loginOf(request);
    const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
    if (token === 'hello') {
      login.challenge = `challenge${++challenges}`;
      response.writeHead(401, { 'www-authenticate': ['Basic realm="x"', `${scheme} ${login.challenge}`] });
    } else if (login.challenge !== undefined && token === `alice-${login.challenge}`) {
      login.user = 'alice';
    } else if (token !== '' || login.user === undefined) {
      response.writeHead(401, { 'www-authenticate': ['Negotiate', 'NTLM'] });
    }
    response.end(login.user ?? 'nobody');
  };
  return backend;
}

function loginOf({ socket }: IncomingMessage): Login {
  const login = logins.get(socket) ?? {};
  logins.set(socket, login);
  return login;
}

function newAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

const send = (agent: Agent, authorization?: string): Promise<Answer> =>
  ask(sluice.proxyPort, '/', { agent, ...(authorization !== undefined && { headers: { authorization } }) });

async function logIn(agent: Agent, scheme: string): Promise<Answer> {
  const offered = await send(agent, `${scheme} hello`);
  const challenge = new RegExp(`${scheme} (challenge\\d+)`).exec(String(offered.headers['www-authenticate']))?.[1];
  return send(agent, `${scheme} alice-${challenge}`);
}

test.each(['NTLM', 'Negotiate', 'negotiate'])('a login by %s succeeds, lasts, and is nobody else’s', async (scheme) => {
  const alice = newAgent();
  const strangers = [newAgent(), newAgent(), newAgent()];
  for (const stranger of strangers) expect(await send(stranger)).toMatchObject({ status: 401, body: 'nobody' });
  expect(await logIn(alice, scheme)).toMatchObject({ status: 200, body: 'alice' });
  for (let i = 0; i < 4; i++) {
    for (const stranger of strangers) expect(await send(stranger)).toMatchObject({ status: 401, body: 'nobody' });
    expect(await send(alice)).toMatchObject({ status: 200, body: 'alice' });
  }
});

test('the connection of a login ends with that of its client', async () => {
  const alice = newAgent();
  const open = async (): Promise<number> => {
    const counts = backends.map(
      ({ server }) => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count);
  };
  expect((await logIn(alice, 'NTLM')).status).toBe(200);
  const before = await open();
  alice.destroy();
  await until('the backend to be rid of it', async () => (await open()) < before);
});

test('clients that log in and stay do not use up the connections for others', async () => {
  const many = Array.from({ length: 12 }, newAgent);
  for (const agent of many) await logIn(agent, 'NTLM');
  for (let i = 0; i < 6; i++)
    expect((await ask(sluice.proxyPort, '/', { localAddress: '127.0.0.3' })).status).toBe(401);
});
