import type { Answers } from '~/server/api/root';
import { Badge } from './badge';

export type Rule = Answers['branch']['list']['branches'][number]['rules'][number];

/** What a rule says of the branches that it is about. */
export function RuleWords({ rule }: { rule: Rule }) {
  return (
    <>
      <Badge>{rule.pushRole === 'admin' ? 'admins push' : 'writers push'}</Badge>
      <Badge tone={rule.allowForce ? 'warn' : 'good'}>
        {rule.allowForce ? 'force allowed' : 'no force'}
      </Badge>
      <Badge tone={rule.allowDelete ? 'warn' : 'good'}>
        {rule.allowDelete ? 'delete allowed' : 'no delete'}
      </Badge>
      {rule.requireSigned && <Badge tone="accent">signed only</Badge>}
    </>
  );
}
