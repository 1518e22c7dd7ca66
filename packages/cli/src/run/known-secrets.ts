import type { GatewayConfig } from '@sluice/model';
import type { Redaction } from '@sluice/service';

/** The secrets that stand in a configuration. The log hides them wherever they turn up. */
export function knownSecrets(config: GatewayConfig, redaction: Pick<Redaction, 'hides'>): string[] {
  const found = new Set<string>();
  look('', config, (key, text) => {
    for (const password of passwordsIn(text)) found.add(password);
    if (!redaction.hides(key) || namesPlace.test(key) || text.includes('${secret:')) return;
    found.add(text);
    // What a header holds after its scheme, as in `Bearer abc`.
    found.add(text.slice(text.lastIndexOf(' ') + 1));
  });
  return [...found];
}

/** Fields such as `secretFile`, `tokenUrl` and `cookie` say where a secret is; the place is none. A header is written `Cookie`. */
const namesPlace = /(?:File|Folder|Url|Name)$|^cookie$/;
const userinfo = /[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/]+)@/gi;

function passwordsIn(text: string): string[] {
  return [...text.matchAll(userinfo)].flatMap(([, password]) => [password, decodedOf(password)]);
}

function decodedOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function look(key: string, value: unknown, found: (key: string, text: string) => void): void {
  if (typeof value === 'string') return found(key, value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) look(Array.isArray(value) ? key : name, part, found);
}
