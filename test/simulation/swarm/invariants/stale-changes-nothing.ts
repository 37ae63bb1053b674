/** What a worker says of attempts that are not its leases any more moves no task. */
import { forEachId, SparseReader } from "@tq/common/protocol";
import type { Failed, Message, Return, Tasks } from "@tq/common/wire";
import type { CreateInvariant } from "../invariant.ts";
import type { Speaker } from "../surroundings.ts";

const name = "stale messages change nothing";

export const staleChangesNothing: CreateInvariant = (world) => {
  /** By ventilator's process and task: the last attempt that was given out. */
  const given = new Map<string, number>();
  let before: string | undefined;

  const stateOf = (process: Speaker): string => {
    const { ready, leased, unsettled, suspects } =
      world.ventilators.find((role) => role.process.number === process.number)?.core.stats() ?? {};
    return JSON.stringify({ ready, leased, unsettled, suspects });
  };
  const forEachToken = (
    { number }: Speaker,
    message: Tasks | Failed | Return,
    visit: (key: string, attempt: number) => void,
  ): void => {
    const attempts = new SparseReader(message.attempts);
    let position = 0;
    forEachId(message.ids, (origin, seq) =>
      visit(`${number}/${origin}-${seq}`, attempts.at(position++) ?? 1),
    );
  };
  const isStale = (process: Speaker, message: Failed | Return): boolean => {
    let isOld = true;
    forEachToken(process, message, (key, attempt) => {
      if (attempt >= (given.get(key) ?? 0)) isOld = false;
    });
    return isOld;
  };
  return {
    name,
    said({ process, message }) {
      if (message.verb === "TASKS") forEachToken(process, message, (key, attempt) => given.set(key, attempt));
    },
    heard({ process, message }) {
      before = isOfAttempts(message) && isStale(process, message) ? stateOf(process) : undefined;
    },
    handled({ process, message }) {
      if (before === undefined) return;
      const after = stateOf(process);
      if (before !== after) world.violated(name, `${message.verb} moved ${before} to ${after}`);
    },
  };
};

const isOfAttempts = (message: Message): message is Failed | Return =>
  message.verb === "FAILED" || message.verb === "RETURN";
