'use client';

import { ButtonLink } from './_components/button';
import { Fault, type FaultProps } from './_components/fault';

/** A fault on a page that has no error page nearer to it. */
export default function ErrorPage(props: FaultProps) {
  return (
    <Fault {...props}>
      <ButtonLink href="/">Home</ButtonLink>
    </Fault>
  );
}
