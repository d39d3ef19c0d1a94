import type { Answers } from '~/server/api/root';
import { JOB_STATES, type JobState } from '~/server/ports/job-queue';
import { api } from '~/trpc/server';
import { adminAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { Badge, type Tone } from '../../_components/badge';
import { EmptyState } from '../../_components/empty-state';
import { param, type SearchParams } from '../../_components/search-params';
import { When } from '../../_components/when';
import { count } from '../../_components/wording';
import { ActForm, ActOutcome } from '../act-form';
import { adminAnswer } from '../admin-answer';

export const metadata = { title: 'Jobs · Administration' };

type Job = Answers['admin']['jobs']['list']['jobs'][number];

const WORDS: Record<JobState, string> = {
  waiting: 'waiting',
  working: 'at work',
  failed: 'failed, tried again',
  'given-up': 'given up',
};
const TONES: Record<JobState, Tone> = {
  waiting: 'neutral',
  working: 'accent',
  failed: 'warn',
  'given-up': 'bad',
};

/** Work that is queued, why some of it failed, and a way to try that again. */
export default async function AdminJobsPage({ searchParams }: { searchParams: SearchParams }) {
  const given = await param(searchParams, 'state');
  const state = JOB_STATES.find((one) => one === given) ?? null;
  const asked = await adminAnswer(api.admin.jobs.list({ state }));
  const shell = { page: 'jobs', title: 'Jobs' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { counts, jobs } = asked.answer;
  const back = adminAddress('jobs', { state });
  return (
    <AdminShell {...shell}>
      <ActOutcome searchParams={searchParams} />
      <nav aria-label="States" className="mb-4 flex flex-wrap gap-2">
        <a
          aria-current={state === null ? 'page' : undefined}
          className="rounded-md border border-line px-2.5 py-1 aria-[current]:border-accent aria-[current]:font-semibold"
          href={adminAddress('jobs')}
        >
          All
        </a>
        {JOB_STATES.map((each) => (
          <a
            aria-current={state === each ? 'page' : undefined}
            className="rounded-md border border-line px-2.5 py-1 aria-[current]:border-accent aria-[current]:font-semibold"
            href={adminAddress('jobs', { state: each })}
            key={each}
          >
            {WORDS[each]} <span className="text-muted tabular-nums">{count(counts[each])}</span>
          </a>
        ))}
      </nav>
      {jobs.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {jobs.map((job) => (
            <JobRow back={back} job={job} key={job.id} />
          ))}
        </ul>
      ) : (
        <EmptyState title="No jobs">
          What is queued is done within seconds, most of the time.
        </EmptyState>
      )}
    </AdminShell>
  );
}

function JobRow({ job, back }: { job: Job; back: string }) {
  const mayRetry = job.lastError !== null && job.state !== 'working';
  return (
    <li className="space-y-1 px-4 py-2.5">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-semibold">{job.task}</span>
        <span className="text-muted tabular-nums">{job.id}</span>
        <Badge tone={TONES[job.state]}>{WORDS[job.state]}</Badge>
        <span className="ml-auto text-muted text-xs">
          due <When atMs={job.runAtMs} />
        </span>
      </p>
      <p className="breakable flex flex-wrap gap-x-3 text-muted text-xs">
        <span>
          tried {job.attempts} of {job.attemptsMax} times
        </span>
        <span>
          queued <When atMs={job.createdAtMs} />
        </span>
        <bdi className="font-mono">{JSON.stringify(job.payload)}</bdi>
      </p>
      {job.lastError !== null && (
        <pre className="breakable whitespace-pre-wrap rounded-md border border-line bg-surface px-3 py-2 font-mono text-xs">
          <bdi>{job.lastError}</bdi>
        </pre>
      )}
      {mayRetry && (
        <div className="max-w-xl pt-1">
          <ActForm act="jobs.retry" back={back} button="Try again" id={`reason-${job.id}`}>
            <input name="id" type="hidden" value={job.id} />
          </ActForm>
        </div>
      )}
    </li>
  );
}
