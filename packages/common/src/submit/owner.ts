import type { TqError } from "../contract/index.ts";
import type { Reply, SubmitOrigins } from "../protocol/index.ts";
import { RecordTable } from "./record-table.ts";
import { SettledMemory } from "./settled-memory.ts";

/** What is known of the tasks of one origin. */
export interface Ledger {
  readonly owner: Owner;
  readonly reply: Reply;
  /** Who waits for which seq. */
  readonly records: RecordTable;
  readonly settled: SettledMemory;
}

/** Whom tasks are handed to, the credit it gave, and the tasks it has. */
export class Owner {
  readonly index: number;
  readonly ledgers: Readonly<Record<Reply, Ledger>>;
  tasks = 0;
  bytes = 0;
  /** Why nothing can be handed to it for the time being. */
  unreachable: TqError | undefined;

  constructor(index: number, origins: SubmitOrigins) {
    const ledger = (reply: Reply): Ledger => ({
      owner: this,
      reply,
      records: new RecordTable(origins[reply]),
      settled: new SettledMemory(),
    });
    this.index = index;
    this.ledgers = { sink: ledger("sink"), answer: ledger("answer") };
  }
}

/** The reason why no owner can take anything, if there is one. */
export function commonReason(owners: readonly Owner[]): TqError | undefined {
  return owners.every(({ unreachable }) => unreachable !== undefined) ? owners[0]?.unreachable : undefined;
}
