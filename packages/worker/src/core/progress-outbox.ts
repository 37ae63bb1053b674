/** What handlers reported of their progress in this turn: of each attempt only the last value leaves. */
import { IdRunsBuilder } from "@tq/common/protocol";
import { encodeValue, type Origin, ValuesEncoder, wireLimits } from "@tq/common/wire";
import type { Account } from "./account.ts";
import type { Attempt } from "./attempt.ts";
import { laneOf } from "./holdings.ts";

interface Report {
  readonly ventilator: number;
  readonly origin: Origin;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export class ProgressOutbox {
  readonly #byRun = new Map<number, Report>();
  readonly #payloadBytesMax: number;

  constructor(payloadBytesMax: number) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Errors: those of `encodeValue`. */
  add(attempt: Attempt, value: unknown): void {
    const bytes = encodeValue(value, { payloadBytesMax: this.#payloadBytesMax });
    const { ventilator } = laneOf(attempt);
    const origin = attempt.home?.origin ?? "";
    this.#byRun.set(attempt.run, { ventilator, origin, seq: attempt.seq, bytes });
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
  const values = new ValuesEncoder({ payloadBytesMax: wireLimits.bodyBytesMax });
  const finish = () => session?.sendUnnumbered({ verb: "PROGRESS", ids: ids.take(), values: values.take() });
  for (const { origin, seq, bytes } of reports) {
    const isFull =
      ids.count === wireLimits.tasksPerMessageMax || values.bytes + bytes.length > wireLimits.bodyBytesMax;
    if (isFull) finish();
    ids.add(origin, seq);
    values.addEncoded(bytes);
  }
  if (ids.count > 0) finish();
};
