/** What a page that is read may cost (docs/budgets.md). */
const SERVER_P95_MAX_MS = 150;
const TTFB_P95_MAX_MS = 200;
const LCP_MAX_MS = 1_500;
const CLS_MAX = 0.05;
const SCRIPT_MAX_BYTES = 130 * 1024;

export const BUDGETS = `server p95 ${SERVER_P95_MAX_MS} ms and the first request too, TTFB p95 ${TTFB_P95_MAX_MS} ms, LCP ${LCP_MAX_MS} ms, CLS ${CLS_MAX}, scripts ${SCRIPT_MAX_BYTES / 1024} KiB, no third party`;

export interface PageFigures {
  repository: string;
  page: string;
  address: string;
  /** The first request of this page of this repository after a start. */
  firstMs: number;
  /** That request loaded the code of the page: it is not judged. */
  firstIsFree: boolean;
  p50Ms: number;
  p95Ms: number;
  /** Time on the processors that the hub took for one request; null where it cannot be told. */
  cpuMs: number | null;
  /** p95 of the time to the first byte. */
  ttfbMs: number;
  lcpMs: number;
  cls: number;
  /** On the wire, with headers. */
  scriptBytes: number;
  /** Requests to anyone else. */
  thirdParty: number;
}

export interface Report {
  at: string;
  machine: string;
  load: number[];
  requests: number;
  figures: PageFigures[];
}

/** Which budgets a page exceeds. */
export function verdictOf(row: PageFigures): string[] {
  const exceeded: [boolean, string][] = [
    [!row.firstIsFree && row.firstMs > SERVER_P95_MAX_MS, 'first'],
    [row.p95Ms > SERVER_P95_MAX_MS, 'p95'],
    [row.ttfbMs > TTFB_P95_MAX_MS, 'TTFB'],
    [row.lcpMs > LCP_MAX_MS, 'LCP'],
    [row.cls > CLS_MAX, 'CLS'],
    [row.scriptBytes > SCRIPT_MAX_BYTES, 'scripts'],
    [row.thirdParty > 0, 'third party'],
  ];
  return exceeded.filter(([is]) => is).map(([, what]) => what);
}

const HEAD = [
  'repository',
  'page',
  'first',
  'p50',
  'p95',
  'CPU',
  'TTFB',
  'LCP',
  'CLS',
  'scripts',
  'others',
];

/** The report as a Markdown table. */
export function tableOf({ at, machine, load, requests, figures }: Report): string {
  const rows = figures.map((row) => [
    ...[row.repository, row.page],
    ...[row.firstMs, row.p50Ms, row.p95Ms, row.cpuMs, row.ttfbMs, row.lcpMs].map(
      (ms) => ms?.toFixed(0) ?? '',
    ),
    ...[row.cls.toFixed(3), (row.scriptBytes / 1024).toFixed(1), String(row.thirdParty)],
    verdictOf(row).join(', ') || 'ok',
  ]);
  const head = [...HEAD, 'verdict'];
  const lines = [
    head,
    head.map((_, i) => (i < 2 || i === head.length - 1 ? '---' : '--:')),
    ...rows,
  ];
  return [
    `${machine}; load ${load.join(' ')}; ${at.slice(0, 16)} UTC; ${requests} requests a page; milliseconds, KiB.`,
    '',
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n');
}
