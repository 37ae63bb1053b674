/** All that a worker keeps about one of its ventilators, apart from the session itself. */
import type { Session } from "@tq/common/protocol";
import { ValuesEncoder } from "@tq/common/wire";
import type { Adoption } from "./adopted-part.ts";
import type { Attempt, Lane, Outlet } from "./attempt.ts";
import { AttemptIndex } from "./attempt-index.ts";
import { Fifo } from "./fifo.ts";
import { GrantBook } from "./grant-book.ts";
import { Pauses } from "./pauses.ts";
import { Unsaid } from "./unsaid.ts";

export interface AccountOptions {
  /** Place of the ventilator among the worker's. */
  readonly ventilator: number;
  readonly payloadBytesMax: number;
  /** The open session with it, if there is one. */
  readonly session: () => Session | undefined;
}

export class Account implements Outlet {
  readonly ventilator: number;
  readonly attempts = new AttemptIndex();
  readonly grants = new GrantBook();
  readonly unsaid = new Unsaid();
  readonly pauses = new Pauses();
  /**
   * Of the ventilator; 0 before its first WELCOME. All held attempts are of this epoch: with each WELCOME they take on its
   * epoch or are held no more, so HELLO never has to speak of two.
   */
  epoch = 0;
  // As an outlet: answered results go back to the ventilator, which has reserved room for them.
  readonly isSink = false;
  owed = 0;
  readonly #options: AccountOptions;
  readonly #lanes = new Map<Outlet, (Lane | undefined)[]>();

  constructor(options: AccountOptions) {
    this.ventilator = options.ventilator;
    this.#options = options;
  }

  get session(): Session | undefined {
    return this.#options.session();
  }

  allowance(): { tasks: number; bytes: number } {
    return unlimited;
  }

  spend(): void {}

  // There is room for them at the ventilator: they do not wait long.
  count(): void {}

  isOver(): boolean {
    return false;
  }

  /** A fresh session. What is still here goes on under its epoch: what was not adopted is there for the sink alone. */
  begin(adoption: Adoption): void {
    const { epoch } = adoption;
    this.grants.reset();
    if (epoch === this.epoch) return;
    this.unsaid.carryOver(this.epoch, adoption);
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes) if (lane !== undefined) lane.epoch = epoch;
    }
    this.epoch = epoch;
  }

  lane(definition: number, outlet: Outlet): Lane {
    let lanes = this.#lanes.get(outlet);
    if (lanes === undefined) {
      lanes = [];
      this.#lanes.set(outlet, lanes);
    }
    const known = lanes[definition];
    if (known !== undefined) return known;
    const { ventilator, epoch } = this;
    const encoder = new ValuesEncoder({ payloadBytesMax: this.#options.payloadBytesMax });
    const ready = new Fifo<Attempt>();
    const lane: Lane = {
      ventilator,
      epoch,
      definition,
      outlet,
      encoder,
      encoding: [],
      ready,
      isListed: false,
    };
    lanes[definition] = lane;
    return lane;
  }

  /** The outlet is gone; nothing is owed to it any more. */
  forgetOutlet(outlet: Outlet): void {
    this.#lanes.delete(outlet);
  }
}

const unlimited = { tasks: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
