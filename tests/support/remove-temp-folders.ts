import { afterAll } from 'vitest';
import { removeTempFolders } from './muse-fixtures';

// vitest ends its processes without a word, so what is removed at their end would stay.
afterAll(removeTempFolders);
