export { heatmap } from './heatmap.ts';
export { stat } from './stat.ts';
export { stateTimeline } from './state-timeline.ts';
export { breakerStates, yesNo } from './states.ts';
export { timeSeries } from './time-series.ts';
