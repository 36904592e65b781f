import { isArtifactstoreError } from "../../core/errors.ts";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import type { ContainerConnection } from "./container-connection.ts";
import { createContainer } from "./container-create.ts";
import { containerIdentity, type OpenedContainer, openContainer } from "./container-open.ts";
import type { Directories } from "./directories.ts";
import { attempt } from "./failure.ts";
import type { LocalFileSystem } from "./file-system.ts";
import { containerPath } from "./paths.ts";

/** The container of a store: opened when first needed, made when first written. One connection reads and writes. */
export class Container {
  readonly path: string;
  readonly openSqlite: OpenSqlite;
  readonly #directories: Directories;
  readonly #fileSystem: LocalFileSystem;
  #opened: OpenedContainer | undefined;
  #durable: Promise<void> | undefined;
  #refusal: { readonly identity: string; readonly error: Error } | undefined;

  constructor(directories: Directories, fileSystem: LocalFileSystem, openSqlite: OpenSqlite) {
    this.path = containerPath(directories.root);
    this.openSqlite = openSqlite;
    this.#directories = directories;
    this.#fileSystem = fileSystem;
  }

  /** `undefined` if there is no container; makes none. Throws `store_damaged` if it is none that can be opened. */
  forReading(): ContainerConnection | undefined {
    if (this.#opened?.unlocked === true && this.#opened.identity !== this.#identity()) this.close();
    this.#opened ??= this.#open();
    return this.#opened?.connection;
  }

  /** Makes the container if there is none, and its name durable, once for this process. */
  async forWriting(): Promise<ContainerConnection> {
    this.#durable ??= createContainer(this.#directories, this.#fileSystem, this.openSqlite);
    try {
      await this.#durable;
    } catch (error) {
      this.#durable = undefined;
      throw error;
    }
    return await attempt(`open the container "${this.path}"`, () => {
      const connection = this.forReading();
      if (connection === undefined) throw new Error("it was removed while in use");
      return connection;
    });
  }

  /** The next use opens it again. */
  close(): void {
    this.#opened?.connection.close();
    this.#opened = undefined;
    this.#durable = undefined;
    this.#refusal = undefined;
  }

  /** A damaged file is not opened again and again, for each blob that is asked for, as long as it stays as it is. */
  #open(): OpenedContainer | undefined {
    const identity = this.#refusal === undefined ? undefined : this.#identity();
    if (this.#refusal !== undefined && this.#refusal.identity === identity) throw this.#refusal.error;
    this.#refusal = undefined;
    try {
      return openContainer(this.path, this.openSqlite, this.#fileSystem.look);
    } catch (error) {
      if (isArtifactstoreError(error, "store_damaged")) this.#refusal = { identity: this.#identity(), error };
      throw error;
    }
  }

  #identity(): string {
    return containerIdentity(this.path, this.#fileSystem.look);
  }
}
