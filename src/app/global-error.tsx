'use client';

/** What is left when even the frame of the page fails: no styles of ours, no parts of ours. */
export default function GlobalError({ retry }: { retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>Something went wrong in the hub</h1>
          <p>It was logged. Nothing you have pushed is lost; try again in a moment.</p>
          <button onClick={retry} type="button">
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
