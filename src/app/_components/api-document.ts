import { cache } from 'react';
import { listProcedures } from '~/server/api/procedures';
import { getContainer } from '~/server/container';
import { openApiDocument } from '~/server/http/openapi/document';
import { version } from '../../../package.json';

/** The document of this hub's API, once per request. */
export const apiDocument = cache(() =>
  openApiDocument(listProcedures(), { url: getContainer().env.url, version }),
);
