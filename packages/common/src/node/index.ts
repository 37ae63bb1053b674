/** What the shells of all roles need from Node: identity, clock, log, and what they check alike. */
export * from "./check-name.ts";
export * from "./drain-timeout.ts";
export * from "./identity.ts";
export * from "./log.ts";
export * from "./log-event.ts";
