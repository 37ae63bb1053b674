import type { TqError } from "../contract/index.ts";
import type { Reply, SubmitOrigins } from "../protocol/index.ts";
import type { DefinitionInfo, Origin } from "../wire/index.ts";
import { RecordTable } from "./record-table.ts";
import { SettledMemory } from "./settled-memory.ts";

/** What is known of the tasks of one origin. */
export interface Ledger {
  readonly owner: Owner;
  readonly reply: Reply;
  /** Who waits for which seq. */
  readonly records: RecordTable;
  readonly settled: SettledMemory;
  /** The owner has accepted some of it. */
  isInUse: boolean;
}

export interface OwnerOptions {
  readonly index: number;
  readonly origins: SubmitOrigins;
  readonly drawOrigin: () => Origin;
  /** A ledger was begun: what is told of its origin concerns this owner. */
  readonly begun: (ledger: Ledger) => void;
  /** Nothing will be told of it any more. */
  readonly ended: (ledger: Ledger) => void;
}

/** Whom tasks are handed to, the credit it gave, and the tasks it has. */
export class Owner {
  readonly index: number;
  /** What idempotency keys choose it by. */
  readonly name: string;
  readonly #options: OwnerOptions;
  #ledgers: readonly Ledger[] = [];
  readonly #sink: Ledger;
  readonly #answer: Ledger;
  /** By definition: the push lane keeps each apart, so that one which no worker runs holds up no other. */
  readonly #push = new Map<string, Ledger>();
  tasks = 0;
  bytes = 0;
  /** Why nothing can be handed to it for the time being. */
  unreachable: TqError | undefined;

  constructor(options: OwnerOptions) {
    this.index = options.index;
    this.name = options.origins.owner ?? String(options.index);
    this.#options = options;
    this.#sink = this.#begin("sink", options.origins.sink);
    this.#answer = this.#begin("answer", options.origins.answer);
  }

  get ledgers(): readonly Ledger[] {
    return this.#ledgers;
  }

  /** Where tasks of this definition and reply are booked. */
  ledger({ definition, reply }: { definition: DefinitionInfo; reply: Reply }): Ledger {
    if (reply !== "push") return reply === "sink" ? this.#sink : this.#answer;
    const key = keyOf(definition);
    const known = this.#push.get(key);
    if (known !== undefined) return known;
    const begun = this.#begin("push", this.#options.drawOrigin());
    this.#push.set(key, begun);
    return begun;
  }

  /**
   * The owner has refused tasks of this ledger. Of a pushed origin every seq up to the last is expected at the sink, so what
   * comes later goes under a new one.
   */
  retire(ledger: Ledger): void {
    if (ledger.reply !== "push") return;
    for (const [key, used] of this.#push) if (used === ledger) this.#push.delete(key);
    if (ledger.isInUse || ledger.records.live > 0) return;
    this.#ledgers = this.#ledgers.filter((other) => other !== ledger);
    this.#options.ended(ledger);
  }

  #begin(reply: Reply, origin: Origin): Ledger {
    const records = new RecordTable(origin);
    const ledger = { owner: this, reply, records, settled: new SettledMemory(), isInUse: false };
    this.#ledgers = [...this.#ledgers, ledger];
    this.#options.begun(ledger);
    return ledger;
  }
}

/** The reason why no owner can take anything, if there is one. */
export function commonReason(owners: readonly Owner[]): TqError | undefined {
  return owners.every(({ unreachable }) => unreachable !== undefined) ? owners[0]?.unreachable : undefined;
}

function keyOf({ name, contract }: DefinitionInfo): string {
  return contract === undefined ? name : `${name} ${contract}`;
}
