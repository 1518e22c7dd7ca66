import type { Immutable } from '@sluice/model';
import type { DeliveryFiguresResource } from '@sluice/model/api';

/** Figures about the deployments that ended within some days. docs/delivery.md defines each. */
export type DoraFigures = Immutable<DeliveryFiguresResource>;

/** The figures of one route, or of all routes together; null where there is no data. */
export type DoraSummary = DoraFigures['overall'];

/** How long something took, in seconds. */
export type Durations = NonNullable<DoraSummary['leadTime']>;
