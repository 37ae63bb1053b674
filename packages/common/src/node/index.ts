/** What the shells of all roles need from Node: identity, clock, log, what they check alike, and threads that do no harm. */
export * from "./check-name.ts";
export * from "./drain-timeout.ts";
export * from "./identity.ts";
export * from "./keep-wasm-code.ts";
export * from "./log.ts";
export * from "./log-event.ts";
