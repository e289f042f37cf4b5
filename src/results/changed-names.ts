/** Says which files of a result are under other names on the runner than the job gave them. */

import { counted } from '../core/format.ts';
import type { NamedFew } from '../files/named-few.ts';
import { notice } from '../github/log.ts';
import type { StoredResult } from './spec.ts';

export function noteChanged(result: StoredResult, changed: NamedFew): void {
  if (changed.count === 0) return;
  notice(
    `${result}/: ${counted(changed.count, 'name')} changed, because the runner’s file system refuses such names, or takes two of them for one:\n` +
      `${changed.lines}\nS3 has the names that the job gave.`,
  );
}
