import type { Metadata } from 'next';
import { api, found } from '~/trpc/server';
import { decodeSegment, ownerAddress } from '../../../_components/address';
import { ownAnswer } from '../../../_components/api-access';
import { Badge } from '../../../_components/badge';
import { Card } from '../../../_components/card';
import { hubUrl } from '../../../_components/hub-url';
import { Refused, SettingsShell } from '../../../_components/settings-shell';
import { When } from '../../../_components/when';
import { KeyList } from '../../keys/key-list';
import { NewKeyForm } from '../../keys/new-key-form';
import { NewTokenForm } from '../../tokens/new-token-form';
import { TokenList } from '../../tokens/token-list';
import { AgentSwitch } from './agent-switch';

interface Props {
  params: Promise<{ handle: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Agent ${decodeSegment((await params).handle) ?? ''}` };
}

/** One of one's agents: its tokens, and a way to disable it. */
export default async function AgentPage({ params }: Props) {
  const name = decodeSegment((await params).handle) ?? '';
  const address = `/settings/agents/${encodeURIComponent(name)}`;
  const answer = await ownAnswer(found(api.agent.get({ handle: name })), address);
  if ('refusal' in answer) {
    return (
      <SettingsShell page="agents">
        <h1 className="sr-only">Agent</h1>
        <Refused sentence={answer.refusal} />
      </SettingsShell>
    );
  }
  const { keys } = await api.key.list({ agent: answer.answer.handle });
  const { handle, displayName, disabled, createdAtMs, tokens, daysMax } = answer.answer;
  return (
    <SettingsShell page="agents">
      <p className="mb-1">
        <a className="link" href="/settings/agents">
          Agents
        </a>
      </p>
      <div className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h1 className="breakable flex flex-wrap items-center gap-x-2 font-semibold text-xl">
            <a className="hover:underline" href={ownerAddress(handle)}>
              <bdi>{handle}</bdi>
            </a>
            {disabled && <Badge tone="bad">disabled</Badge>}
          </h1>
          <p className="breakable text-muted">
            {displayName && (
              <>
                <bdi>{displayName}</bdi>, made{' '}
              </>
            )}
            {!displayName && 'made '}
            <When atMs={createdAtMs} />
          </p>
        </div>
        <AgentSwitch disabled={disabled} handle={handle} />
      </div>
      <h2 className="mb-2 font-semibold text-base">Access tokens</h2>
      <TokenList agent={handle} tokens={tokens} />
      <Card title={<>New token of {handle}</>}>
        <NewTokenForm agent={handle} daysMax={daysMax} hubUrl={hubUrl()} />
      </Card>
      <h2 className="mt-8 mb-2 font-semibold text-base" id="keys">
        Signing keys
      </h2>
      <KeyList agent={handle} keys={keys} />
      <Card title={<>New key of {handle}</>}>
        <div className="max-w-2xl p-4">
          <NewKeyForm agent={handle} />
        </div>
      </Card>
    </SettingsShell>
  );
}
