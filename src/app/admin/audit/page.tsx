import Download from 'lucide-react/icons/download';
import { AUDIT_ACTIONS } from '~/server/ports/audit-log';
import { readAuditFilter } from '~/server/services/audit-filter';
import { api } from '~/trpc/server';
import { adminAddress, auditExportAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { EmptyState } from '../../_components/empty-state';
import { FilterChoice, FilterDay, FilterForm, FilterText } from '../../_components/filter-controls';
import { Pager } from '../../_components/pager';
import { param, type SearchParams } from '../../_components/search-params';
import { adminAnswer } from '../admin-answer';
import { AuditEntryRow } from './audit-entry-row';

export const metadata = { title: 'Audit log · Administration' };

const NAMES = ['actor', 'action', 'repository', 'from', 'to'] as const;
const KEY = /^(\d{1,16})\.(\d{1,18})$/;

/** Who did what, from where, with which token, and why. */
export default async function AdminAuditPage({ searchParams }: { searchParams: SearchParams }) {
  const words = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await param(searchParams, name)] as const)),
  ) as Record<(typeof NAMES)[number], string | null>;
  const key = KEY.exec((await param(searchParams, 'before')) ?? '');
  const before = key && { atMs: Number(key[1]), id: key[2]! };
  const filter = readAuditFilter((name) => words[name as keyof typeof words] ?? null);
  const asked = await adminAnswer(api.admin.audit.list({ ...filter, before }));
  const shell = { page: 'audit', title: 'Audit log' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { rows, next } = asked.answer;
  return (
    <AdminShell
      {...shell}
      aside={
        <a
          className="link inline-flex items-center gap-1 text-xs"
          download
          href={auditExportAddress(words)}
        >
          <Download aria-hidden="true" size={14} /> JSON lines
        </a>
      }
    >
      <FilterForm
        action={adminAddress('audit')}
        isFiltered={Object.values(words).some((word) => word !== null)}
      >
        <FilterText label="Who" name="actor" value={words.actor} />
        <FilterText label="owner/name" name="repository" value={words.repository} />
        <FilterChoice
          any="Any act"
          choices={AUDIT_ACTIONS}
          label="Act"
          name="action"
          value={words.action}
        />
        <span className="flex flex-wrap items-center gap-2">
          <FilterDay label="From day" name="from" value={words.from} />
          <span aria-hidden="true" className="text-muted">
            to
          </span>
          <FilterDay label="To day" name="to" value={words.to} />
        </span>
      </FilterForm>
      {rows.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {rows.map((row) => (
            <AuditEntryRow key={row.id} row={row} />
          ))}
        </ul>
      ) : (
        <EmptyState title="Nothing of this kind was noted" />
      )}
      <Pager
        newer={before ? adminAddress('audit', words) : undefined}
        newerLabel="Latest"
        older={next && adminAddress('audit', { ...words, before: `${next.atMs}.${next.id}` })}
      />
    </AdminShell>
  );
}
