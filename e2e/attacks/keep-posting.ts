import { Agent, request as httpRequest } from 'node:http';

/** Posts again and again on kept connections, each time with the answer between two packets of the body; the statuses. */
export async function keepPosting(port: number, path: string, times = 150): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push(await post(port, path, agent));
  agent.destroy();
  return statuses;
}

function post(port: number, path: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, agent, path, method: 'POST', headers: { 'Content-Length': 2000 } });
    request.on('response', (response) => {
      request.end('x'.repeat(1000));
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.write('x'.repeat(1000));
  });
}
