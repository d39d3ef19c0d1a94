'use client';

import { useParams } from 'next/navigation';
import { ButtonLink } from '../../_components/button';
import { Fault, type FaultProps } from '../../_components/fault';

/** A fault on a page of a repository, whose other pages may well do. */
export default function RepositoryError(props: FaultProps) {
  // As they stand in the address, encoded.
  const { owner, slug } = useParams<{ owner: string; slug: string }>();
  return (
    <Fault {...props}>
      <ButtonLink href={`/${owner}/${slug}`}>To the repository</ButtonLink>
    </Fault>
  );
}
