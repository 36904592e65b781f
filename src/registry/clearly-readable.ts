/**
 * Whether the mode bits of a regular file settle that this process may read it, so that most files need not be opened
 * to find out. `false` means "in doubt" (groups, access lists): then the file is to be opened, which asks the kernel
 * the very question that reading it will ask.
 *
 * @param user the effective user of this process; `undefined` where there are none of this kind (Windows)
 */
export function isClearlyReadable(
  stat: { readonly mode: number; readonly uid: number },
  user: number | undefined,
): boolean {
  if (user === undefined || user === 0) return true;
  return stat.uid === user ? (stat.mode & 0o400) !== 0 : (stat.mode & 0o044) === 0o044;
}
