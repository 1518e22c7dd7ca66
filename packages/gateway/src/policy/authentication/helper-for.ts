import type { HelperKind, NodeState } from '../../state/index.ts';
import { Helper } from '../helper/helper.ts';
import type { SecretTexts } from '../secret-texts.ts';

/** The settings that methods which ask a server have in common. */
interface HelperSettings {
  readonly type: HelperKind;
  readonly timeout: number;
  readonly caFile?: string | undefined;
}

interface HelperContext {
  readonly state: Pick<NodeState, 'helpers'>;
  readonly texts: Pick<SecretTexts, 'of'>;
}

/** The client of the server that a method asks. */
export function helperFor(
  { type, timeout, caFile }: HelperSettings,
  { state, texts }: HelperContext,
  mostBytes?: number,
): Helper {
  const authorities = caFile === undefined ? undefined : texts.of(caFile);
  return new Helper({
    kind: type,
    counts: state.helpers,
    timeoutMs: timeout,
    authorities,
    ...(mostBytes && { mostBytes }),
  });
}
