/**
 * Room on the disk that is kept for what needs hardly any: a file beside the database, that is given up when the disk is full.
 *
 * Without it a full disk can stay full for ever: whatever is removed is written to the WAL first, and what is in the WAL can
 * only move into a file that may grow. So the WAL must never have taken the last of the room.
 */
import { randomBytes } from "node:crypto";
import { existsSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { storageLimits } from "./limits.ts";

/** Of a small disk as a whole, so that it can ever be free again. */
const shareMax = 1 / 8;

const reserveOf = (database: string): string => `${database}.reserve`;

/** Whether a database has been in use, unless its disk was full. */
export const hasReserve = (database: string): boolean => existsSync(reserveOf(database));

/** Before anything can be written. Gives whether there was one. */
export function removeReserve(database: string): boolean {
  const file = reserveOf(database);
  if (!existsSync(file)) return false;
  rmSync(file);
  return true;
}

export interface Reserve {
  /** False: it was given up, and is not there again. */
  readonly isThere: boolean;
  /** How much. What the WAL grows by between two checkpoints must fit into it. */
  readonly bytes: number;
  /** Room on the disk besides it. */
  readonly freeBytes: number;
  giveUp(): void;
  /** Takes the room again, if there is more than that. Gives whether it has it. */
  take(): boolean;
}

export class DiskReserve implements Reserve {
  readonly bytes: number;
  readonly #file: string;
  #isThere = true;

  /** Beside the database. On a disk without room for it, it goes without. */
  constructor(database: string) {
    this.#file = reserveOf(database);
    const { total, free } = this.#disk();
    this.bytes = Math.min(storageLimits.reserveBytes, Math.floor(total * shareMax));
    const { size } = statSync(this.#file, { throwIfNoEntry: false }) ?? {};
    if (size !== this.bytes && free >= 2 * this.bytes) this.#write();
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  get freeBytes(): number {
    return this.#disk().free;
  }

  giveUp(): void {
    this.#isThere = false;
    this.#remove();
  }

  take(): boolean {
    // Some must be left, or the next commit would have it given up at once.
    if (!this.#isThere && this.#disk().free >= 2 * this.bytes) this.#isThere = this.#write();
    return this.#isThere;
  }

  #write(): boolean {
    try {
      // No zeros: a file system may keep those for nothing.
      writeFileSync(this.#file, randomBytes(this.bytes));
      return true;
    } catch {
      this.#remove();
      return false;
    }
  }

  #remove(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // What cannot be removed stays as it is; the disk has other troubles then.
    }
  }

  #disk(): { readonly total: number; readonly free: number } {
    try {
      const { blocks, bavail, bsize } = statfsSync(dirname(this.#file));
      return { total: blocks * bsize, free: bavail * bsize };
    } catch {
      return { total: Number.POSITIVE_INFINITY, free: 0 };
    }
  }
}
