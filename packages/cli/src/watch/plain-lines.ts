import type {
  DeploymentEventResource,
  DeploymentMetrics,
  DeploymentNews,
  DeploymentResource,
  VersionFigures,
} from '@sluice/model/api';
import { printable } from '../terminal/printable.ts';
import { formatClock, formatCount, formatLatency, formatRate, formatShare } from './format-figures.ts';

/** Turns news into lines for a pipe: what happened as it happens, figures now and then. */
export class NewsLines {
  readonly #startedAt: number;
  #figuresAt = Number.NEGATIVE_INFINITY;
  #judged = '';

  constructor({ createdAt }: DeploymentResource) {
    this.#startedAt = Date.parse(createdAt);
  }

  /** The lines that news are worth; often none. */
  of(news: DeploymentNews): string[] {
    if (news.type === 'event') return this.#event(news.event);
    return news.type === 'metrics' ? this.#figures(news.metrics) : [];
  }

  /** A line of our own at a moment. */
  line(at: number, text: string): string {
    return `${formatClock(at - this.#startedAt).padStart(clockWidth)}  ${printable(text)}`;
  }

  #event({ at, kind, text }: DeploymentEventResource): string[] {
    // The same judgement comes again and again, and as what is waited for.
    const isJudgement = kind === 'verdict' || kind === 'waiting';
    if (isJudgement && text === this.#judged) return [];
    if (isJudgement) this.#judged = text;
    if (kind === 'phaseStarted') this.#judged = '';
    return [this.line(Date.parse(at), text)];
  }

  #figures({ metrics, trafficSplit }: DeploymentMetrics): string[] {
    if (metrics === null) return [];
    const at = Date.parse(metrics.at);
    const { stable, canary } = metrics.phase;
    if (at - this.#figuresAt < betweenFiguresMs || stable.requestCount + canary.requestCount === 0) return [];
    this.#figuresAt = at;
    const share = formatShare(trafficSplit.canaryPercentage);
    return [this.line(at, `${share}: candidate ${inWords(canary)}; stable ${inWords(stable)}`)];
  }
}

const clockWidth = 7;
const betweenFiguresMs = 10_000;

function inWords({ requestCount, errorRate, p99Latency }: VersionFigures): string {
  const requests = `${formatCount(requestCount)} ${requestCount === 1 ? 'request' : 'requests'}`;
  return requestCount === 0
    ? 'no requests'
    : `${requests}, ${formatRate(errorRate)} failed, p99 ${formatLatency(p99Latency)}`;
}
