'use client';

import { ButtonLink } from '../_components/button';
import { Fault, type FaultProps } from '../_components/fault';

/** A fault on a page of one's settings. */
export default function SettingsError(props: FaultProps) {
  return (
    <Fault {...props}>
      <ButtonLink href="/settings/profile">Your settings</ButtonLink>
    </Fault>
  );
}
