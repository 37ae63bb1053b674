/** What the shells of all roles need from Node: identity, clock, log. */
export * from "./identity.ts";
export * from "./log.ts";
export * from "./log-event.ts";
