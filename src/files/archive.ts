/**
 * The code archive, `sourcedir.tar.gz`. Reproducible: the same files give the same bytes, whatever their times and owners.
 */
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { TextFile } from '../task/arguments.ts';
import type { LocalFile } from '../task/sync.ts';

/** All entries' time: tools that know zip's epoch only dislike 1970. */
const TIME = new Date('1985-10-26T08:15:00Z');

/** The archive's bytes: files as they are, then texts. A later entry of a path replaces an earlier one. */
export async function packArchive(files: readonly LocalFile[], texts: readonly TextFile[]): Promise<Buffer> {
  const entries = new Map<string, LocalFile | TextFile>([...files, ...texts].map((entry) => [entry.path, entry]));
  const archive = pack();
  const bytes = buffer(archive.pipe(createGzip({ level: 6 })));
  for (const entry of [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const common = { name: entry.path, mtime: TIME, uid: 0, gid: 0 };
    if ('text' in entry) {
      archive.entry({ ...common, mode: 0o644 }, entry.text);
    } else {
      const sink = archive.entry({ ...common, mode: entry.executable ? 0o755 : 0o644, size: entry.size });
      await pipeline(createReadStream(entry.absolute), sink);
    }
  }
  archive.finalize();
  return bytes;
}
