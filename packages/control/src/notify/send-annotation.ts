import type { GrafanaConfig } from '@sluice/model';
import { postJson } from './post-json.ts';
import { SendError } from './outgoing.ts';
import type { Outgoing, SendContext } from './outgoing.ts';

/**
 * Marks a deployment in Grafana: with a point when it begins, and with a region when it ends. When an answer of Grafana is
 * lost there are two marks, because Grafana cannot recognise the second one. Rejects with a SendError for every status but 200.
 */
export async function sendAnnotation(
  { url, token, tags }: GrafanaConfig,
  { message: { timestamp, data } }: Outgoing,
  context: SendContext,
): Promise<void> {
  const { startedAt = timestamp, completedAt, routes, environment, status, text } = data;
  const annotation = {
    time: Date.parse(startedAt),
    ...(completedAt !== undefined && { timeEnd: Date.parse(completedAt) }),
    tags: [...new Set(['sluice', 'deployment', status, environment, ...routes.map(({ name }) => name), ...tags])],
    text: `${text} (${data.deploymentId}: ${routes.map(({ name, configVersion }) => `${name} ${configVersion}`).join(', ')})`,
  };
  const answered = await postJson(
    {
      url: `${url.replace(/\/+$/, '')}/api/annotations`,
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(annotation),
    },
    context,
  );
  if (answered !== 200) throw new SendError(`it answered ${answered}`);
}
