import type { Role } from "../processes/role-options.ts";

/** How many processes of each role. */
export type FleetSize = Readonly<Record<Role, number>>;

/** Two of each where one may die, and three that work. */
export const usualSize: FleetSize = { ventilator: 2, sink: 2, worker: 3, producer: 2 };
