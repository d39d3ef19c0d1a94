import { api } from '~/trpc/server';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { Badge } from '../../_components/badge';
import { adminAnswer } from '../admin-answer';

export const metadata = { title: 'Configuration · Administration' };

/** Every variable with the value that works now; secrets are masked. */
export default async function AdminConfigurationPage() {
  const asked = await adminAnswer(api.admin.hub.configuration());
  const shell = { page: 'configuration', title: 'Configuration' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  return (
    <AdminShell {...shell}>
      <p className="mb-4 max-w-prose text-muted">
        The environment as the hub read it when it started; set it otherwise and start again.
        Secrets are not shown.
      </p>
      <dl className="divide-y divide-line overflow-hidden rounded-lg border border-line">
        {asked.answer.map(({ name, value, given }) => (
          <div className="grid gap-x-4 px-4 py-1.5 sm:grid-cols-[22rem_1fr]" key={name}>
            <dt className="breakable font-mono text-xs leading-6">{name}</dt>
            <dd className="breakable flex min-w-0 flex-wrap items-center gap-x-2 font-mono text-xs leading-6">
              {value === null || value === '' ? (
                <span className="font-sans text-muted">not set</span>
              ) : (
                <bdi>{value}</bdi>
              )}
              {given && <Badge tone="accent">environment</Badge>}
            </dd>
          </div>
        ))}
      </dl>
    </AdminShell>
  );
}
