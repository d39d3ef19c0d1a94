// `npm run build`: makes what `npm start` runs, as far as it is not up to date.
import { buildIfNeeded } from './build-steps.mjs';

const started = Date.now();
try {
  await buildIfNeeded((step) => console.error(`building ${step} …`));
  console.error(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
