/** What the cases of several groups of verbs have in common. */

export const origin = "0011223344556677";
export const other = "8899aabbccddeeff";
export const bootId = "fedcba9876543210";
export const policy = {
  maxAttempts: 3,
  crashLimit: 2,
  timeoutMs: 900_000,
  backoff: { initialMs: 100, factor: 1.5, maxMs: 30_000, jitter: 0.5 },
};
export const countWords = { name: "text.count-words", contract: "2b1f", policy };
export const head = { session: 7, number: 12, received: 9 };
export const beat = { session: 7, received: 9 };
export const ids = { origins: [origin], runs: [0, 41, 3] };
export const taskError = {
  name: "TypeError",
  message: "no such file",
  stack: "TypeError: no such file\n    at f",
};
export const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
