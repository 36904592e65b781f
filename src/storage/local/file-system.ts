/**
 * The system calls of the local store, each one once, so that a test can fail every one of them in turn. They throw
 * the runtime's own errors (`code` "ENOENT", …); `failure.ts` turns those into ours.
 */
export interface LocalFileSystem {
  /** @param flags of `node:fs` `constants` */
  open(path: string, flags: number, mode?: number): Promise<LocalFile>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for the same file; fails with EEXIST if `to` is there. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** Makes a directory and its missing ancestors at once; answers the topmost one it made. */
  makeDirectoriesNow(path: string, mode: number): string | undefined;
  readonly look: LocalLookups;
}

export interface LocalFile {
  /** Answers the number of bytes read; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Appends; answers the number of bytes written, which may be fewer than given. */
  write(bytes: Uint8Array): Promise<number>;
  stat(): Promise<FileFacts>;
  setMode(mode: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Questions about names. None follows a symbolic link in the last segment. */
export interface LocalLookups {
  facts(path: string): Promise<FileFacts | undefined>;
  /** The same at once: for lookups by the thousand, where a turn through the thread pool costs ten times the call. */
  factsNow(path: string): FileFacts | undefined;
  /** Names in a directory, in byte order; `undefined` if there is no such directory. */
  names(path: string): Promise<string[] | undefined>;
  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

export interface FileFacts {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly inode: number;
}
