/**
 * Takes the tasks of a TASKS message in, or says why not. Whatever cannot be taken is given back, so that it is not lost for
 * as long as its ventilator believes it to be here.
 */
import { defaultPolicy, TqError } from "@tq/common";
import { forEachRun } from "@tq/common/protocol";
import { AttachmentsReader, bytesOfValues, ownedValues, sizesOfValues, type Tasks } from "@tq/common/wire";
import type { Account } from "./account.ts";
import type { Attempt, Lane, Outlet, TaskBatch } from "./attempt.ts";
import type { Holdings } from "./holdings.ts";
import { laneOf } from "./holdings.ts";
import { OptionsFiller } from "./options-filler.ts";
import type { OriginAttempts } from "./origin-attempts.ts";
import type { WorkerCoreOptions } from "./port.ts";

export class LeaseIntake {
  readonly #holdings: Holdings;
  readonly #timeoutsMs: readonly number[];

  constructor(holdings: Holdings, definitions: WorkerCoreOptions["definitions"]) {
    this.#holdings = holdings;
    this.#timeoutsMs = definitions.map(({ policy }) => policy?.timeoutMs ?? defaultPolicy.timeoutMs);
  }

  /** Takes a message in. `outlet`: where the results go; undefined if the sink it names is unknown. */
  take(
    now: number,
    account: Account,
    from: { message: Tasks; outlet: Outlet | undefined },
  ): string | undefined {
    const { message, outlet } = from;
    const { definition, epoch } = message;
    const isKnown = definition < this.#timeoutsMs.length;
    const isWithinCredit = isKnown && account.grants.receive(definition, sizesOfValues(message.values));
    if (epoch === account.epoch && outlet !== undefined && isWithinCredit) {
      this.#lease(now, message, account.lane(definition, outlet));
      return undefined;
    }
    account.unsaid.returnedAll(message);
    if (isKnown) {
      account.grants.release(definition, message.values.lengths.length, bytesOfValues(message.values));
      this.#holdings.windows.touch(definition);
    }
    if (epoch !== account.epoch) return `TASKS of epoch ${epoch} in a session of epoch ${account.epoch}`;
    if (!isKnown) return `TASKS of definition ${definition}, which was not announced`;
    if (outlet === undefined) return `TASKS whose results go to the unknown sink ${message.sink}`;
    return "TASKS beyond the credit granted";
  }

  #lease(now: number, message: Tasks, lane: Lane): void {
    const { accounts, pool } = this.#holdings;
    const account = accounts[lane.ventilator];
    const values = ownedValues(message.values);
    const { slab, lengths, attachments } = values;
    const sizes = sizesOfValues(values);
    const attached = attachments && new AttachmentsReader(attachments);
    const batch: TaskBatch = { lane, slab, unstarted: lengths.length };
    const fill = new OptionsFiller(
      now,
      message,
      this.#timeoutsMs[lane.definition] ?? defaultPolicy.timeoutMs,
    );
    let from = 0;
    forEachRun(message.ids, ({ origin, first, count, position }) => {
      const home = account?.attempts.open(origin);
      for (let offset = 0; offset < count; offset++) {
        const attempt = pool.take();
        attempt.batch = batch;
        attempt.seq = first + offset;
        attempt.isHeld = true;
        attempt.isCarried = false;
        attempt.isAdopted = false;
        attempt.inputFrom = from;
        from += lengths[position + offset] ?? 0;
        attempt.inputTo = from;
        attempt.inputBytes = sizes[position + offset] ?? 0;
        if (attached !== undefined) attempt.attachments = attached.of(position + offset);
        fill.fill(attempt, position + offset);
        if (home !== undefined) this.#admit(now, attempt, home);
      }
    });
  }

  /**
   * A new lease of what is here already replaces it; but a result that waits for its commit serves the new lease, unless
   * results now go elsewhere: then nobody may ever commit it where it was to go.
   */
  #admit(now: number, attempt: Attempt, home: OriginAttempts): void {
    const lane = laneOf(attempt);
    const before = home.find(attempt.seq);
    lane.outlet.owed += 1;
    const isComputed = before?.state === "computed" || before?.state === "offered";
    if (before !== undefined && isComputed && laneOf(before).outlet === lane.outlet) {
      this.#serve(attempt, before);
      return;
    }
    if (before !== undefined) this.#holdings.drop(now, before, replaced());
    home.add(attempt);
    this.#holdings.enqueue(attempt, lane);
  }

  #serve(attempt: Attempt, computed: Attempt): void {
    const lane = laneOf(attempt);
    computed.isHeld = true;
    computed.number = attempt.number;
    lane.outlet.owed -= 1;
    if (attempt.batch !== undefined) attempt.batch.unstarted -= 1;
    this.#holdings.accounts[lane.ventilator]?.grants.release(lane.definition, 1, attempt.inputBytes);
    this.#holdings.windows.touch(lane.definition);
    this.#holdings.pool.give(attempt);
  }
}

const replaced = () => new TqError("TQ_ERR_CANCELLED", "the task was leased to this worker anew");
