import Bot from 'lucide-react/icons/bot';
import { api } from '~/trpc/server';
import { ownAnswer } from '../../_components/api-access';
import { Badge } from '../../_components/badge';
import { Card } from '../../_components/card';
import { EmptyState } from '../../_components/empty-state';
import { Refused, SettingsShell } from '../../_components/settings-shell';
import { When } from '../../_components/when';
import { counted } from '../../_components/wording';
import { NewAgentForm } from './new-agent-form';

export const metadata = { title: 'Agents' };

/** The agents that one answers for. */
export default async function AgentsPage() {
  const listed = await ownAnswer(api.agent.list(), '/settings/agents');
  if ('refusal' in listed) {
    return (
      <SettingsShell page="agents">
        <h1 className="sr-only">Agents</h1>
        <Refused sentence={listed.refusal} />
      </SettingsShell>
    );
  }
  const agents = listed.answer;
  return (
    <SettingsShell page="agents">
      <h1 className="mb-1 font-semibold text-xl">Agents</h1>
      <p className="mb-4 max-w-prose text-muted">
        An agent is an account of its own that you answer for: it signs in by tokens that you make,
        and what it pushes is shown as an agent’s. Make it a collaborator of the repositories it
        works on. It is out at once when you disable it.
      </p>
      {agents.length > 0 ? (
        <ul className="mb-8 divide-y divide-line overflow-hidden rounded-lg border border-line">
          {agents.map((agent) => (
            <li className="px-4 py-3" key={agent.handle}>
              <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <Bot aria-hidden="true" className="shrink-0 text-muted" size={16} />
                <a
                  className="breakable min-w-0 font-semibold hover:underline"
                  href={`/settings/agents/${agent.handle}`}
                >
                  <bdi>{agent.handle}</bdi>
                </a>
                {agent.displayName && (
                  <bdi className="breakable min-w-0 text-muted">{agent.displayName}</bdi>
                )}
                {agent.disabled && <Badge tone="bad">disabled</Badge>}
              </p>
              <p className="text-muted text-xs">
                {counted(agent.tokens, 'token')} in use ·{' '}
                {agent.lastUsedAtMs === null ? (
                  'never used'
                ) : (
                  <>
                    last used <When atMs={agent.lastUsedAtMs} />
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <div className="mb-8">
          <EmptyState title="No agents yet" />
        </div>
      )}
      <Card title="New agent">
        <NewAgentForm />
      </Card>
    </SettingsShell>
  );
}
