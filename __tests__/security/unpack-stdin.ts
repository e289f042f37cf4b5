/** Unpacks the archive from standard input into a folder of its own; prints the memory that took, and what was left out. */
import { onRunner, said } from './archive.ts';

await onRunner(async (runner) => {
  const left = await runner.unpack(process.stdin);
  console.log(JSON.stringify({ bytes: process.resourceUsage().maxRSS * 1024, left: said(left) }));
});
