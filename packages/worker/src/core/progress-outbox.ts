/** What handlers reported of their progress in this turn: of each attempt only the last value leaves. */
import { IdRunsBuilder } from "@tq/common/protocol";
import {
  bytesOfValues,
  encodeValues,
  gatherValues,
  type Origin,
  type Piece,
  prefixOffsets,
  type Values,
  wireLimits,
} from "@tq/common/wire";
import type { Account } from "./account.ts";
import type { Attempt } from "./attempt.ts";
import { laneOf } from "./holdings.ts";

interface Report {
  readonly ventilator: number;
  readonly origin: Origin;
  readonly seq: number;
  /** One. */
  readonly values: Values;
}

export class ProgressOutbox {
  readonly #byRun = new Map<number, Report>();
  readonly #payloadBytesMax: number;

  constructor(payloadBytesMax: number) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Errors: those of `encodeValues`. */
  add(attempt: Attempt, value: unknown): void {
    const values = encodeValues([value], { payloadBytesMax: this.#payloadBytesMax });
    const { ventilator } = laneOf(attempt);
    const origin = attempt.home?.origin ?? "";
    this.#byRun.set(attempt.run, { ventilator, origin, seq: attempt.seq, values });
  }

  /** Says it, or forgets it where nobody is there to hear it. */
  flush(accounts: readonly Account[]): void {
    if (this.#byRun.size === 0) return;
    const reports = [...this.#byRun.values()];
    this.#byRun.clear();
    for (const account of accounts) {
      send(
        account,
        reports.filter(({ ventilator }) => ventilator === account.ventilator),
      );
    }
  }
}

const send = ({ session }: Account, reports: readonly Report[]): void => {
  const ids = new IdRunsBuilder();
  let pieces: Piece[] = [];
  let bytes = 0;
  const finish = () => {
    session?.sendUnnumbered({ verb: "PROGRESS", ids: ids.take(), values: gatherValues(pieces) });
    pieces = [];
    bytes = 0;
  };
  for (const { origin, seq, values } of reports) {
    const more = bytesOfValues(values);
    if (ids.count === wireLimits.tasksPerMessageMax || bytes + more > wireLimits.bodyBytesMax) finish();
    ids.add(origin, seq);
    pieces.push({ values, offsets: prefixOffsets(values.lengths), from: 0, to: 1 });
    bytes += more;
  }
  if (ids.count > 0) finish();
};
