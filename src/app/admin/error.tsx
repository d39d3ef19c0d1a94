'use client';

import { ButtonLink } from '../_components/button';
import { Fault, type FaultProps } from '../_components/fault';

/** A fault on a page for admins; what was logged tells more. */
export default function AdminError(props: FaultProps) {
  return (
    <Fault {...props}>
      <ButtonLink href="/admin/users">Administration</ButtonLink>
    </Fault>
  );
}
