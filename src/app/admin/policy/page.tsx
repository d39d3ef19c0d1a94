import { api } from '~/trpc/server';
import { adminAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { Card } from '../../_components/card';
import { TextField } from '../../_components/form-field';
import type { SearchParams } from '../../_components/search-params';
import { counted } from '../../_components/wording';
import { ActForm, ActOutcome } from '../act-form';
import { adminAnswer } from '../admin-answer';

export const metadata = { title: 'Policy · Administration' };

/** What admins decide for the whole hub. */
export default async function AdminPolicyPage({ searchParams }: { searchParams: SearchParams }) {
  const asked = await adminAnswer(api.admin.hub.policy());
  const shell = { page: 'policy', title: 'Policy' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { daysMax, environmentDaysMax } = asked.answer;
  return (
    <AdminShell {...shell}>
      <ActOutcome searchParams={searchParams} />
      <Card title="Access tokens">
        <div className="max-w-xl space-y-3 p-4">
          <p>
            New tokens are valid for at most{' '}
            <strong>
              {counted(Math.min(daysMax ?? environmentDaysMax, environmentDaysMax), 'day')}
            </strong>
            . Those that exist keep their end.
          </p>
          <ActForm
            act="hub.setPolicy"
            back={adminAddress('policy')}
            button="Change"
            id="policy-reason"
          >
            <TextField
              defaultValue={daysMax ?? ''}
              hint={`Empty: as long as the configuration allows, ${counted(environmentDaysMax, 'day')}.`}
              id="policy-days"
              label="Days at most"
              max={environmentDaysMax}
              min={1}
              name="days"
              type="number"
            />
          </ActForm>
        </div>
      </Card>
    </AdminShell>
  );
}
