import { ButtonLink } from './_components/button';
import { PageBody } from './_components/page-body';

export const metadata = { title: 'Not found' };

/** The one answer to what is not there and to what may not be seen. */
export default function NotFound() {
  return (
    <PageBody narrow>
      <div className="py-16 text-center">
        <p className="font-mono text-muted text-sm">404</p>
        <h1 className="mt-1 font-semibold text-2xl">There is nothing here</h1>
        <p className="mx-auto mt-2 max-w-prose text-muted">
          There is no such page, or you may not see it. Check the address, and whether you are
          signed in.
        </p>
        <p className="mt-6 flex justify-center gap-2">
          <ButtonLink href="/" look="primary">
            Home
          </ButtonLink>
          <ButtonLink href="/explore">Explore</ButtonLink>
        </p>
      </div>
    </PageBody>
  );
}
