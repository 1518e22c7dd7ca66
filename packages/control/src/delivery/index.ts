export type { DeliveryFigures, DeliverySummary, Durations } from './delivery-figures.ts';
export type { Delivery, DeliveryOptions } from './delivery.ts';
export { createDelivery } from './delivery.ts';
