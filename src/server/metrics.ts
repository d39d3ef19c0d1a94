import { performance } from 'node:perf_hooks';

/** Counters of this process since its start, for `GET /metrics`. */
export class Metrics {
  readonly #requests = new Map<string, number>();

  /** Counts an answered request by the class of its status: `2xx`. */
  countRequest(status: number): void {
    const group = `${Math.floor(status / 100)}xx`;
    this.#requests.set(group, (this.#requests.get(group) ?? 0) + 1);
  }

  /** The counters in the text format that Prometheus reads. */
  text(): string {
    const { rss, heapUsed } = process.memoryUsage();
    const requests = [...this.#requests].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      '# HELP musehub_requests_total Answered requests by class of status.',
      '# TYPE musehub_requests_total counter',
      ...requests.map(([group, n]) => `musehub_requests_total{status="${group}"} ${n}`),
      '# HELP musehub_memory_bytes Memory of the process.',
      '# TYPE musehub_memory_bytes gauge',
      `musehub_memory_bytes{kind="resident"} ${rss}`,
      `musehub_memory_bytes{kind="heap"} ${heapUsed}`,
      '# HELP musehub_uptime_seconds Time since the process started.',
      '# TYPE musehub_uptime_seconds gauge',
      `musehub_uptime_seconds ${Math.round(performance.now() / 1000)}`,
      '',
    ].join('\n');
  }
}
