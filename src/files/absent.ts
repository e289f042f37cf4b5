/** What reading a path answers where nothing has that name. */

/** For a `catch`: undefined where the path does not exist or cannot exist. Throws every other error again. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) throw error;
}
