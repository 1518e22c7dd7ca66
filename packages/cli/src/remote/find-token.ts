import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { readSecretFile, secretVariable } from '../secrets/read-secret.ts';

/** The flag that names a file with a token or an API key. */
export const tokenFileFlag = {
  name: 'token-file',
  value: 'FILE',
  description: 'Use the token or API key in a file, or from standard input (-)',
} as const;

/**
 * The token or API key from `--token-file`, SLUICE_TOKEN, SLUICE_API_KEY or their `_FILE` forms. Undefined when there is none:
 * then the session of `sluice login` counts. Rejects with a CommandFailure that does not hold the token.
 */
export async function findToken({ options }: Arguments, context: Context): Promise<string | undefined> {
  const file = options['token-file'];
  if (file !== undefined) return sendable(await readSecretFile(file, context), '--token-file');
  for (const name of ['SLUICE_TOKEN', 'SLUICE_API_KEY']) {
    const token = await secretVariable(name, context);
    if (token !== undefined) return sendable(token, name);
  }
  return undefined;
}

/** A header carries visible ASCII (RFC 9110, section 5.5). Anything else comes from a wrong file, and would fail obscurely. */
function sendable(token: string, source: string): string {
  if (!/^[\u0021-\u007E]+$/.test(token)) throw new CommandFailure(`${source} does not hold a token or an API key`);
  return token;
}

/** The context without tokens in the environment, so that the session of `sluice login` counts. */
export function withoutGivenTokens(context: Context): Context {
  const given = ['SLUICE_TOKEN', 'SLUICE_API_KEY'].flatMap((name) => [name, `${name}_FILE`]);
  return { ...context, env: { ...context.env, ...Object.fromEntries(given.map((name) => [name, undefined])) } };
}
