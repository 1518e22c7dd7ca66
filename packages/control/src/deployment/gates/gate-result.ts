import type { Immutable } from '@sluice/model';
import type { VerdictResource } from '@sluice/model/api';

/** What one gate says. */
export type GateResult = Immutable<VerdictResource>['gates'][number];
