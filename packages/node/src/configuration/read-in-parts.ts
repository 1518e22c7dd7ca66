import { formatPath, matchFields, parseBackend, parseRoute, routeIdOf } from '@sluice/model';
import type {
  BackendConfig,
  BackendDocument,
  NodeFault,
  Problem,
  RouteConfig,
  RouteDocument,
  Unchecked,
} from '@sluice/model';

/** A route, as far as this version understands it. */
export interface PartlyRead {
  /** Undefined when not even its requests are clear: the route is left out. */
  readonly route: RouteConfig | undefined;
  readonly faults: readonly NodeFault[];
}

/** The fields that say which requests a route takes, and how it is known. */
const identifying: ReadonlySet<string> = new Set<keyof RouteDocument>([
  'name',
  'routeId',
  'version',
  'environment',
  'isEnabled',
  ...matchFields,
]);

/**
 * Reads a route that control, which may be newer, accepted. What this version does not accept harms that part alone: a
 * backend gets no requests, a candidate does not run. A route that is wrong as a whole still takes its requests, so that no
 * other route gets them, and refuses them.
 */
export function readInParts(
  document: Unchecked<RouteDocument>,
  backends: (id: string) => BackendConfig | undefined,
): PartlyRead {
  const routeId = routeIdOf(document) ?? '';
  const faults: NodeFault[] = [];
  let left = document;
  for (let isBare = false; ;) {
    const read = parseRoute(left, { backends, split: true });
    if (read.ok) return { route: read.route, faults };
    const [first] = read.problems;
    const index = isAt(first, 'backends') ? first.path[1] : undefined;
    const items = left.backends;
    const fault = { routeId, isCandidate: isAt(first, 'split'), reason: notAccepted(read.problems) };
    if (isBare) return { route: undefined, faults: [{ ...faults.at(-1)!, reason: `left out: ${fault.reason}` }] };
    if (fault.isCandidate) {
      const { split: _split, ...stable } = left;
      left = stable;
      faults.push(fault);
    } else if (typeof index === 'number' && Array.isArray(items) && !isStandIn(items[index])) {
      const written = items as Unchecked<BackendDocument>[];
      const name = textIn(written[index]?.name) ?? textIn(written[index]?.backendId) ?? `${index}`;
      left = { ...left, backends: written.with(index, standIn(name)) };
      faults.push({ ...fault, backend: name });
    } else {
      isBare = true;
      const own = Object.entries(document).filter(([key]) => identifying.has(key));
      left = { ...Object.fromEntries(own), backends: [standIn('none')] };
      faults.splice(0, faults.length, fault);
    }
  }
}

/** Reads a shared backend. One that this version does not accept is replaced by a backend that gets no requests. */
export function readShared(document: Unchecked<BackendDocument>): {
  readonly backend: BackendConfig | undefined;
  readonly fault?: string;
} {
  const read = parseBackend(document);
  if (read.ok) return { backend: read.backend };
  const { backendId } = document;
  const name = textIn(document.name) ?? '';
  const instead = parseBackend({ ...standIn(name), ...(backendId !== undefined && { backendId }) });
  return { backend: instead.ok ? instead.backend : undefined, fault: notAccepted(read.problems) };
}

const mostText = 120;

/** The discard port of this machine; nothing connects to it. */
const nowhere = 'http://127.0.0.1:9';

function standIn(name: string): Unchecked<BackendDocument> {
  return { name, url: nowhere, isEnabled: false };
}

function isStandIn(item: unknown): boolean {
  return (item as Unchecked<BackendDocument> | undefined)?.url === nowhere;
}

function isAt({ path }: Problem, field: keyof RouteDocument): boolean {
  return path[0] === field;
}

function notAccepted([first, ...others]: readonly Problem[]): string {
  const where = first.path.length === 0 ? '' : `${formatPath(first.path)}: `;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const { message } = first;
  // The message about an unknown field names all known ones.
  const shown = message.length > mostText ? `${message.slice(0, mostText)}…` : message;
  return `this version of Sluice does not accept it: ${where}${shown}${more}`;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
