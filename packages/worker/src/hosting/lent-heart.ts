/**
 * A heart outside of the worker's thread, but in its process: another thread reads the worker's table and beats for it.
 *
 * For a worker whose own thread must not hold native sockets. A thread that ends while one of them waits takes the whole
 * process with it, and a thread that runs users' code may end at any moment.
 */
import type { ClientLink } from "@tq/common/transport";
import { beatMs, startBeats } from "../beats.ts";
import { HeartTable, type TableSize, turnMarkMs } from "../heart-table.ts";

/** What crosses to the other thread. */
export interface HeartMemory {
  readonly memory: SharedArrayBuffer;
  readonly size: TableSize;
}

/** Ends with the worker. */
export interface LentHeart {
  close(): Promise<void>;
}

/** The worker's side: marks that its loop turns, for as long as the worker is open. */
export function markTurns(table: HeartTable): LentHeart {
  table.markTurn();
  const marks = setInterval(() => table.markTurn(), turnMarkMs).unref();
  return { close: async () => clearInterval(marks) };
}

/** The other side: beats over `links`, which lead to the worker's ventilators in their order. */
export function readLentHeart(
  { memory, size }: HeartMemory,
  links: readonly Pick<ClientLink, "send">[],
): LentHeart {
  const beats = startBeats(new HeartTable(size, memory), links, beatMs);
  return { close: async () => clearInterval(beats) };
}
