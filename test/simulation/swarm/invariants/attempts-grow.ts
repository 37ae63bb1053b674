/** Of one task and start of a ventilator, attempts only grow, and none is given to two workers; no two starts share an epoch. */
import { formatTaskId } from "@tq/common";
import { forEachId, SparseReader } from "@tq/common/protocol";
import type { CreateInvariant } from "../invariant.ts";
import type { Speaker } from "../surroundings.ts";

const name = "attempts grow";

export const attemptsGrow: CreateInvariant = (world) => {
  /** By ventilator's process and task: the last attempt, and the session it went to. */
  const last = new Map<
    string,
    { readonly attempt: number; readonly session: number; readonly number: number }
  >();
  const starts = new Map<string, number>();
  const checkEpoch = (process: Speaker, epoch: number): void => {
    const key = `${process.name}/${epoch}`;
    const known = starts.get(key) ?? process.number;
    starts.set(key, known);
    if (known !== process.number) world.violated(name, `two starts of ${process.name} have epoch ${epoch}`);
  };
  /** Given up for their caller, answered tasks are forgotten: if it does come back with them, they begin anew. */
  const forgetAnswered = ({ number }: Speaker): void => {
    for (const { id, reply } of world.history) if (reply === "answer") last.delete(`${number}/${id}`);
  };
  return {
    name,
    reported(process, { type }) {
      if (type === "producer.gone") forgetAnswered(process);
    },
    said({ process, message }) {
      if (message.verb !== "TASKS") return;
      checkEpoch(process, message.epoch);
      const attempts = new SparseReader(message.attempts);
      const { session, number } = message;
      let position = 0;
      forEachId(message.ids, (origin, seq) => {
        const attempt = attempts.at(position) ?? 1;
        position += 1;
        const key = `${process.number}/${formatTaskId(origin, seq)}`;
        const before = last.get(key);
        const isAgain = before?.session === session && before.number === number;
        if (before !== undefined && !isAgain && attempt <= before.attempt)
          world.violated(
            name,
            `${process.name} gives out ${origin}-${seq} as attempt ${attempt} after ${before.attempt}`,
          );
        if (before === undefined || attempt > before.attempt) last.set(key, { attempt, session, number });
      });
    },
  };
};
