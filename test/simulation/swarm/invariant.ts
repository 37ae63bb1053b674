/** A promise, and whoever watches from outside that it is kept. */
import type { Observer } from "./surroundings.ts";
import type { World } from "./world.ts";

export interface Invariant extends Observer {
  readonly name: string;
  /** Every few milliseconds. */
  look?(): void;
  /** When the work is done and nothing goes wrong any more. */
  rest?(): void;
}

export type CreateInvariant = (world: World) => Invariant;
