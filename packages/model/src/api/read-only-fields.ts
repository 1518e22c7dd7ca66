import { backendReadOnly } from './backend-resource.ts';
import { routeReadOnly } from './route-resource.ts';

/** Fields of answered routes and backends that may come back with a change, and are not part of the document. */
export const readOnlyFields: ReadonlySet<string> = new Set(Object.keys({ ...routeReadOnly, ...backendReadOnly }));
