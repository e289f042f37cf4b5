/** All scenarios, in the order of the page. */
import type { Scenario } from '../scenario.ts';
import { largeFile } from './large-file.ts';
import { launch } from './launch.ts';
import { catchUp, follow } from './log.ts';
import { changedFile, manyFiles } from './many-files.ts';
import { model } from './model.ts';
import { skip } from './skip.ts';
import { sameFiles, smallFiles } from './small-files.ts';
import { start } from './start.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...[launch, skip, start],
  ...[smallFiles, sameFiles, manyFiles, changedFile, largeFile],
  ...[model, catchUp, follow],
];
