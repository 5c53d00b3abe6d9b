/** What keeps a file from being read or written, in words. */
const FAULTS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EISDIR', 'a folder'],
  ['ENOTDIR', 'a path through what is no folder'],
  ['EACCES', 'no permission'],
  ['EPERM', 'no permission'],
  ['EROFS', 'a disk that cannot be written'],
  ['ENOSPC', 'a disk that is full'],
]);

/** Of an error of the file system; its code where there are no words for it. */
export function fileFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return FAULTS.get(code) ?? String(code ?? 'unreadable');
}
