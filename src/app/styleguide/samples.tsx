import type { ReactNode } from 'react';
import { Avatar } from '../_components/avatar';
import {
  Badge,
  BumpBadge,
  ScopeBadge,
  type Tone,
  TypeBadge,
  VisibilityBadge,
} from '../_components/badge';
import { BranchPill } from '../_components/branch-pill';
import { Button, ButtonLink, ButtonOff } from '../_components/button';
import { Card, Fact } from '../_components/card';
import { Choice, ChoiceGroup, FormError, SelectField } from '../_components/choice-field';
import { CodeLines } from '../_components/code-lines';
import { CommandLine } from '../_components/command-line';
import { CommentCard, commentError } from '../_components/comment-card';
import { CopyButton } from '../_components/copy-button';
import { EmptyState } from '../_components/empty-state';
import { TextArea, TextField } from '../_components/form-field';
import { IdChip } from '../_components/id-chip';
import { Logo } from '../_components/logo';
import { Pager } from '../_components/pager';
import { PathCrumbs } from '../_components/path-crumbs';
import { Author, Person } from '../_components/person';
import { Refused } from '../_components/settings-shell';
import { TabNav } from '../_components/tab-nav';
import { TagPills } from '../_components/tag-pill';
import { When } from '../_components/when';
import { AskTwice } from './ask-twice';

const REPO = { owner: 'ada', slug: 'songs' };
const ID = `sha256:${'5891b5b5'.repeat(8)}`;
const AT = Date.UTC(2026, 3, 16, 12);
const COLOURS = [
  ...['bg-canvas', 'bg-surface', 'bg-sunken', 'bg-line', 'bg-control', 'bg-ink', 'bg-muted'],
  ...['bg-accent', 'bg-accent-soft', 'bg-good', 'bg-good-soft', 'bg-warn', 'bg-warn-soft'],
  ...['bg-bad', 'bg-bad-soft', 'bg-line-added', 'bg-line-removed'],
];
const TONES: Tone[] = ['neutral', 'accent', 'good', 'warn', 'bad'];

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="space-y-3">
      <h2 className="font-semibold text-base">{title}</h2>
      {children}
    </div>
  );
}

const Row = ({ children }: { children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-2">{children}</div>
);

export function Colours() {
  return (
    <Part title="Colours">
      <ul className="grid grid-cols-2 gap-2 sm:grid-cols-3">
        {COLOURS.map((colour) => (
          <li className="flex items-center gap-2" key={colour}>
            <span className={`size-6 shrink-0 rounded-md border border-line ${colour}`} />
            <span className="font-mono text-xs">{colour.slice(3)}</span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

export function Words() {
  return (
    <>
      <Part title="Words">
        <p className="font-semibold text-xl">A heading of a page</p>
        <p>
          Text, <span className="text-muted">what is beside it</span>,{' '}
          <a className="link underline" href="#words">
            a way to the words
          </a>{' '}
          and <code className="font-mono text-[0.8125rem]">code</code>.
        </p>
        <Row>
          <Logo />
          <Person handle="ada" />
          <Person handle="composer" kind="agent" />
          <Author handle={null} name="someone else" />
          <Avatar name="ada" size={28} />
          <When atMs={AT} />
          <When atMs={null} text="no time" />
        </Row>
      </Part>
      <Part title="Badges and pills">
        <Row>
          {TONES.map((tone) => (
            <Badge key={tone} tone={tone}>
              {tone}
            </Badge>
          ))}
        </Row>
        <Row>
          <TypeBadge type="feat" />
          <TypeBadge type="fix" />
          <BumpBadge bump="BREAKING" />
          <BumpBadge bump="minor" />
          <ScopeBadge scope="wire" />
          <VisibilityBadge visibility="public" />
          <VisibilityBadge visibility="private" />
        </Row>
        <Row>
          <BranchPill name="feat/streaming-push" repo={REPO} />
          <TagPills names={['v1.2.0', 'key:Am', 'stage:master']} repo={REPO} shown={2} />
        </Row>
        <IdChip id={ID} of="sha" />
      </Part>
    </>
  );
}

export function Controls({ scheme }: { scheme: string }) {
  const id = (name: string) => `${scheme}-${name}`;
  return (
    <>
      <Part title="Buttons">
        <Row>
          <Button look="primary">Primary</Button>
          <Button>Plain</Button>
          <Button disabled>Disabled</Button>
          <ButtonLink href="#buttons">A link</ButtonLink>
          <ButtonOff>The end</ButtonOff>
          <CopyButton label="a word" text="word" />
          <AskTwice />
        </Row>
      </Part>
      <Part title="Fields">
        <TextField hint="What it is for." id={id('name')} label="Name" placeholder="v1.2.0" />
        <TextField
          defaultValue="summer"
          error="A version looks like v1.2.0."
          id={id('wrong')}
          label="With an error"
        />
        <TextArea id={id('notes')} label="Notes" />
        <SelectField id={id('channel')} label="Channel">
          <option>stable</option>
          <option>beta</option>
        </SelectField>
        <ChoiceGroup legend="Choices">
          <Choice hint="With a line about it." label="one" name={id('c')} type="checkbox" />
          <Choice defaultChecked label="two" name={id('r')} type="radio" />
          <Choice label="three" name={id('r')} type="radio" />
        </ChoiceGroup>
        <FormError error="What the hub refused about a form." />
        <Refused sentence="Why there is nothing to see here." />
      </Part>
    </>
  );
}

export function Lists() {
  const tabs = [
    { key: 'code', name: 'Code', href: '#lists' },
    { key: 'tags', name: 'Tags', href: '#lists', n: 1204 },
    { key: 'settings', name: 'Settings', href: '#lists' },
  ];
  const author = { handle: 'ada', kind: 'human' } as const;
  const said = { author, body: 'Which key is it?', createdAtMs: AT, editedAtMs: AT };
  return (
    <>
      <Part title="Navigation">
        <TabNav current="tags" label="Parts" tabs={tabs} />
        <PathCrumbs path={['src', 'wire', 'frames.ts']} refName="main" repo={REPO} />
        <Pager newer={null} older="#older" />
      </Part>
      <Part title="Cards">
        <Card aside={<Badge>aside</Badge>} level={3} title="A card">
          <dl className="py-2">
            <Fact name="A fact">what it is</Fact>
            <Fact name="Another">what that is</Fact>
          </dl>
        </Card>
        <ol className="space-y-3">
          <CommentCard
            action="#comment"
            comment={{ ...said, id: '1', html: null, mayEdit: false, mayDelete: true }}
            commitId={ID}
            error={null}
            pageKey={null}
            repo={REPO}
          />
          <CommentCard
            action="#comment"
            comment={{
              ...said,
              id: '2',
              html: '<p>Which <strong>key</strong> is it?</p>',
              mayEdit: true,
              mayDelete: true,
            }}
            commitId={ID}
            error={commentError('limit-exceeded')}
            pageKey={null}
            repo={REPO}
          />
        </ol>
        <EmptyState title="Nothing here yet">
          <p>What to do about it.</p>
        </EmptyState>
      </Part>
      <Part title="Code">
        <CommandLine command={`muse hub commit comment ${ID}`} label="a line" />
        <Card level={3} title="main.ts">
          <CodeLines label="main.ts" lines={['const a = 1;', '', 'export { a };']} />
        </Card>
      </Part>
    </>
  );
}
