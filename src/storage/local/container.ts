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

  constructor(directories: Directories, fileSystem: LocalFileSystem, openSqlite: OpenSqlite) {
    this.path = containerPath(directories.root);
    this.openSqlite = openSqlite;
    this.#directories = directories;
    this.#fileSystem = fileSystem;
  }

  /** `undefined` if there is no container; makes none. */
  forReading(): ContainerConnection | undefined {
    if (this.#opened?.unlocked === true && this.#opened.identity !== this.#identity()) this.close();
    this.#opened ??= openContainer(this.path, this.openSqlite, this.#fileSystem.look);
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
  }

  #identity(): string {
    return containerIdentity(this.path, this.#fileSystem.look);
  }
}
