import { sql } from "drizzle-orm/sql/sql";
import type { ColumnValue, DatabaseWriter } from "../db/registry-database.ts";
import type { ViewTables } from "../db/view-tables.ts";
import { FILE_COLUMNS, LOCATION_COLUMNS } from "./view-columns.ts";

interface PackageTouch {
  lastSequence: number;
  addedFiles: number;
  addedBytes: number;
}

/**
 * One run of the projection over some events, in one transaction. Rows of files and locations, nearly all there is,
 * are gathered and inserted in bulk; packages are touched once a batch. `flush` before anything that reads or changes
 * gathered rows, and at the end.
 */
export class ProjectionBatch {
  readonly writer: DatabaseWriter;
  readonly tables: ViewTables;
  #files: ColumnValue[][] = [];
  #locations: ColumnValue[][] = [];
  readonly #touches = new Map<string, PackageTouch>();

  constructor(writer: DatabaseWriter, tables: ViewTables) {
    this.writer = writer;
    this.tables = tables;
  }

  /** @param row in the order of `FILE_COLUMNS` */
  addFile(row: ColumnValue[]): void {
    this.#files.push(row);
  }

  /** @param row in the order of `LOCATION_COLUMNS` */
  addLocation(row: ColumnValue[]): void {
    this.#locations.push(row);
  }

  /** Notes the last event of a package, and what it added. */
  touch(packageId: string, sequence: number, addedFiles: number, addedBytes: number): void {
    const touch = this.#touches.get(packageId);
    if (touch === undefined) {
      this.#touches.set(packageId, { lastSequence: sequence, addedFiles, addedBytes });
      return;
    }
    touch.lastSequence = sequence;
    touch.addedFiles += addedFiles;
    touch.addedBytes += addedBytes;
  }

  async flush(): Promise<void> {
    const files = this.#files;
    const locations = this.#locations;
    this.#files = [];
    this.#locations = [];
    await this.writer.insert(this.tables.artifact_files, FILE_COLUMNS, files);
    await this.writer.insert(this.tables.storage_locations, LOCATION_COLUMNS, locations);
  }

  async end(): Promise<void> {
    await this.flush();
    for (const [id, touch] of this.#touches) {
      await this.writer.run(sql`
        UPDATE ${this.tables.artifact_packages} SET last_event_sequence = ${touch.lastSequence},
          file_count = file_count + ${touch.addedFiles},
          total_size_bytes = total_size_bytes + ${touch.addedBytes}
        WHERE id = ${id}`);
    }
    this.#touches.clear();
  }
}
