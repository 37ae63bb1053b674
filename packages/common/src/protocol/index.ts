/** Mechanisms that ends share. Pure: no clock, no socket, no randomness of their own. */
export * from "./array-queue.ts";
export * from "./backoff.ts";
export * from "./credit.ts";
export * from "./id-runs.ts";
export type * from "./questions.ts";
export * from "./reliable-stream.ts";
export * from "./rendezvous.ts";
export * from "./seq-set.ts";
export * from "./session.ts";
export * from "./session-client.ts";
export * from "./session-server.ts";
export * from "./slice-options.ts";
export type * from "./submit-port.ts";
export * from "./timing.ts";
export * from "./window-tuner.ts";
