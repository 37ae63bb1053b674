/**
 * What is submitted in one world, and what becomes of each attempt: drawn up front, so that no fault changes it.
 *
 * What a handler does follows from the task alone (its temper) and, for the moody ones, from how often it was run: not
 * from when or where it is run.
 */
import type { Reply } from "@tq/common/protocol";
import type { Configuration } from "./configuration.ts";
import type { RandomStream } from "./random-streams.ts";

export interface Submission {
  readonly atMs: number;
  readonly count: number;
  /** Tasks that are handed over at once, at most. */
  readonly batch: number;
  readonly reply: Reply;
  readonly name: string;
  readonly delayMs: number | undefined;
  readonly expiresMs: number | undefined;
  readonly priority: number | undefined;
  /** Long after it was handed over, its first task is cancelled. */
  readonly cancelAfterMs: number | undefined;
}

export interface Workload {
  /** By the place of the submitter: those in ventilators' processes first, then producers. */
  readonly submissions: readonly (readonly Submission[])[];
  readonly tempers: Tempers;
}

/**
 * `good` completes; `moody` fails now and then; `hopeless` always fails; `final` says that another attempt is useless;
 * `poison` takes its process down; `endless` never settles, and is timed out.
 */
export type Temper = "good" | "moody" | "hopeless" | "final" | "poison" | "endless";

export interface Tempers {
  /** Of each hundred tasks. */
  readonly shares: Readonly<Record<Exclude<Temper, "good">, number>>;
  readonly slowMs: number;
  readonly salt: number;
}

const workMs = 2_500;

export function drawWorkload(random: RandomStream, configuration: Configuration): Workload {
  const { ventilators, producers } = configuration;
  const submissions = Array.from({ length: ventilators + producers }, () =>
    Array.from({ length: random.between(1, 6) }, () => drawSubmission(random, configuration)),
  );
  return { submissions, tempers: drawTempers(random, configuration) };
}

function drawSubmission(random: RandomStream, { definitions, hasPushLane }: Configuration): Submission {
  const reply = random.pick<Reply>("sink", "sink", "answer", hasPushLane ? "push" : "sink");
  const isPlain = reply === "push" || random.chance(0.6);
  return {
    atMs: random.between(0, workMs),
    count: random.between(1, 14),
    batch: random.between(1, 9),
    reply,
    name: random.anyOf(definitions) ?? "work",
    delayMs: !isPlain && random.chance(0.3) ? random.between(1, 800) : undefined,
    expiresMs: !isPlain && random.chance(0.2) ? random.between(50, 1_500) : undefined,
    priority: !isPlain && random.chance(0.3) ? random.between(-3, 3) : undefined,
    cancelAfterMs: !isPlain && random.chance(0.3) ? random.between(0, 400) : undefined,
  };
}

function drawTempers(random: RandomStream, { policy }: Configuration): Tempers {
  const some = (probability: number, share: number): number => (random.chance(probability) ? share : 0);
  return {
    shares: {
      moody: some(0.5, 15),
      hopeless: some(0.4, 4),
      final: some(0.4, 4),
      poison: some(0.25, 2),
      endless: policy.timeoutMs < 1_000 ? some(0.3, 2) : 0,
    },
    slowMs: random.pick(5, 20, 80, 500),
    salt: random.between(1, 1_000_000),
  };
}

/** Of one task, in a hundred, and of one attempt of it. */
const lot = (salt: number, ...parts: readonly (string | number)[]): number => {
  let mixed = salt;
  for (const character of parts.join("/")) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x85ebca6b);
  mixed ^= mixed >>> 15;
  return ((Math.imul(mixed, 0xc2b2ae35) >>> 0) / 4_294_967_296) * 100;
};

export function temperOf({ shares, salt }: Tempers, origin: string, seq: number): Temper {
  let left = lot(salt, origin, seq);
  for (const temper of ["moody", "hopeless", "final", "poison", "endless"] as const) {
    left -= shares[temper];
    if (left < 0) return temper;
  }
  return "good";
}

export const durationMs = ({ slowMs, salt }: Tempers, id: string, run: number): number =>
  Math.floor((lot(salt + 1, id, run) / 100) * (slowMs + 1));

/** Whether a moody task fails this time. */
export const isInBadMood = ({ salt }: Tempers, id: string, run: number): boolean =>
  lot(salt + 2, id, run) < 50;
