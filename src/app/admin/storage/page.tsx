import { api } from '~/trpc/server';
import { adminAddress, repoAddress } from '../../_components/address';
import { AdminRefused, AdminShell } from '../../_components/admin-shell';
import { Card, Fact } from '../../_components/card';
import { param, type SearchParams } from '../../_components/search-params';
import { bytes, count, counted } from '../../_components/wording';
import { adminAnswer } from '../admin-answer';

export const metadata = { title: 'Storage · Administration' };

/** What is stored, whose it is, and what is stored that nothing names. */
export default async function AdminStoragePage({ searchParams }: { searchParams: SearchParams }) {
  const asked = await adminAnswer(api.admin.hub.storage());
  const shell = { page: 'storage', title: 'Storage' } as const;
  if ('refusal' in asked) return <AdminRefused {...shell} sentence={asked.refusal} />;
  const { totals, largest, quotaBytes } = asked.answer;
  const measure = (await param(searchParams, 'quarantine')) !== null;
  return (
    <AdminShell {...shell}>
      <div className="space-y-6">
        <Card title="All repositories">
          <dl className="py-1.5">
            <Fact name="Repositories">{count(totals.repositories)}</Fact>
            <Fact name="Stored">{bytes(totals.bytes)}</Fact>
            <Fact name="Segments">{count(totals.segments)}</Fact>
            <Fact name="Objects">{count(totals.objects)}</Fact>
            <Fact name="Quota each">{quotaBytes === null ? 'none' : bytes(quotaBytes)}</Fact>
            <Fact name="Under way">
              {counted(totals.underWay.pushes, 'push', 'pushes')}, {bytes(totals.underWay.bytes)} so
              far
            </Fact>
            <Fact name="Quarantine">
              {measure ? (
                <Quarantine />
              ) : (
                <a className="link" href={adminAddress('storage', { quarantine: 1 })}>
                  Look through the object storage
                </a>
              )}
            </Fact>
          </dl>
        </Card>
        <Card title="Largest repositories">
          {largest.length > 0 ? (
            <div className="overflow-x-auto">
              <table className="w-full text-left">
                <thead className="text-muted text-xs">
                  <tr>
                    <th className="px-4 py-1.5 font-medium">Repository</th>
                    <th className="px-4 py-1.5 text-right font-medium">Stored</th>
                    <th className="px-4 py-1.5 text-right font-medium max-sm:hidden">Segments</th>
                    <th className="px-4 py-1.5 text-right font-medium max-sm:hidden">Objects</th>
                  </tr>
                </thead>
                <tbody className="divide-y divide-line border-line border-t">
                  {largest.map((repository) => (
                    <tr key={repository.id}>
                      <td className="breakable px-4 py-1.5">
                        <a className="link" href={repoAddress(repository)}>
                          <bdi>
                            {repository.owner}/{repository.slug}
                          </bdi>
                        </a>
                      </td>
                      <td className="whitespace-nowrap px-4 py-1.5 text-right tabular-nums">
                        {bytes(repository.bytes)}
                        {quotaBytes !== null && (
                          <span className="text-muted">
                            {' '}
                            ({Math.floor((100 * repository.bytes) / quotaBytes)} %)
                          </span>
                        )}
                      </td>
                      <td className="px-4 py-1.5 text-right tabular-nums max-sm:hidden">
                        {count(repository.segments)}
                      </td>
                      <td className="px-4 py-1.5 text-right tabular-nums max-sm:hidden">
                        {count(repository.objects)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ) : (
            <p className="px-4 py-3 text-muted">Nothing is stored yet.</p>
          )}
        </Card>
      </div>
    </AdminShell>
  );
}

/** Segments of pushes under way, or of failed ones until they are a day old and swept. */
async function Quarantine() {
  const { segments, bytes: size, lookedAt, whole } = await api.admin.hub.quarantine();
  return (
    <>
      {counted(segments, 'segment')} that no row names, {bytes(size)}{' '}
      <span className="text-muted">
        ({whole ? '' : 'of the first '}
        {counted(lookedAt, 'segment')} looked at)
      </span>
    </>
  );
}
