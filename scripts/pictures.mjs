// Makes the pictures of docs/seen.md anew: `npm run pictures`, or some of them: `npm run pictures -- log gate`.
import { makePictures } from './pictures/main.mjs';

try {
  await makePictures(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`No picture was made: ${error.message}\n`);
  process.exitCode = 1;
}
