import type {
  DeploymentEventResource,
  DeploymentMetrics,
  DeploymentNews,
  DeploymentResource,
  VersionFigures,
} from '@sluice/model/api';
import { printable } from '../terminal/printable.ts';
import { formatClock, formatCount, formatLatency, formatRate, formatShare } from './format-figures.ts';

/** Turns news into lines for a pipe: events as they happen, figures every 10 s at most. */
export class PlainLines {
  readonly #startedAt: number;
  #figuresAt = Number.NEGATIVE_INFINITY;
  #verdict = '';

  constructor({ createdAt }: DeploymentResource) {
    this.#startedAt = Date.parse(createdAt);
  }

  /** The lines for an item of news; often none. */
  of(news: DeploymentNews): string[] {
    if (news.type === 'event') return this.#event(news.event);
    return news.type === 'metrics' ? this.#figures(news.metrics) : [];
  }

  /** A text with its time since the start of the deployment. */
  line(at: number, text: string): string {
    return `${formatClock(at - this.#startedAt).padStart(clockWidth)}  ${printable(text)}`;
  }

  #event({ at, kind, text }: DeploymentEventResource): string[] {
    // The same verdict is repeated, and it also comes as what the deployment waits for.
    const isVerdict = kind === 'verdict' || kind === 'waiting';
    if (isVerdict && text === this.#verdict) return [];
    if (isVerdict) this.#verdict = text;
    if (kind === 'phaseStarted') this.#verdict = '';
    return [this.line(Date.parse(at), text)];
  }

  #figures({ metrics, trafficSplit }: DeploymentMetrics): string[] {
    if (metrics === null) return [];
    const at = Date.parse(metrics.at);
    const { phase, comparison } = metrics;
    const { stable, canary } = phase;
    if (at - this.#figuresAt < betweenFiguresMs || stable.requestCount + canary.requestCount === 0) return [];
    this.#figuresAt = at;
    const share = formatShare(trafficSplit.canaryPercentage);
    const text = `${share}: candidate ${inWords(canary)}; stable ${inWords(stable)}`;
    return [this.line(at, `${text}${outlook(comparison)}`)];
  }
}

const clockWidth = 7;
const betweenFiguresMs = 10_000;

function outlook({ stillOpen }: NonNullable<DeploymentMetrics['metrics']>['comparison']): string {
  const { moreRequests, moreSeconds } = stillOpen ?? {};
  if (moreRequests === undefined) return '';
  const long = moreSeconds === undefined ? '' : `, ${formatClock(moreSeconds * 1000)} at this traffic`;
  return `; takes about ${formatCount(moreRequests)} more${long}`;
}

function inWords({ requestCount, errorRate, p99Latency }: VersionFigures): string {
  const requests = `${formatCount(requestCount)} ${requestCount === 1 ? 'request' : 'requests'}`;
  return requestCount === 0
    ? 'no requests'
    : `${requests}, ${formatRate(errorRate)} failed, p99 ${formatLatency(p99Latency)}`;
}
