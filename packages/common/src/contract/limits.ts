/**
 * Every limit of the contract layer, in one place, with the reason for the figure and what grows if it is raised.
 */
export const contractLimits = {
  /** Names become metric labels and log fields. Prometheus and OpenTelemetry users keep labels around 100. Raised: every HELLO. */
  taskNameCharsMax: 128,
  /** Room for a git hash, a semantic version or a release name. Raised: every HELLO and SUBMIT. */
  contractIdCharsMax: 64,
  /** Queues in the field default to 3 to 25 and Google Cloud Tasks to 100; beyond a thousand a task is a loop. Raised: nothing but patience. */
  maxAttemptsMax: 1000,
  /** Each crash costs a worker process. Raised: processes lost to one poisonous task. */
  crashLimitMax: 1000,
  /** What a JavaScript timer can hold (2³¹−1 ms, 24.8 days); a longer one fires at once. Not to be raised. */
  timeoutMsMax: 2_147_483_647,
  /** What a handler may ask for before the next attempt: ten years, as every span on the wire. Raised: nothing but patience. */
  retryAfterMsMax: 10 * 366 * 24 * 3_600_000,
  /** A factor of 100 reaches any maxMs in a few steps. Raised: nothing. */
  backoffFactorMax: 100,
  /** An error message lists this many problems of a value, and says how many more there are. Raised: log lines. */
  issuesShownMax: 8,
  /** An offending value is quoted in a message with this many characters. Raised: log lines. */
  quotedCharsMax: 80,
  /** An error and four causes: wrappers rarely go deeper. This also cuts causes that form a circle. Raised: bytes per failure. */
  remoteErrorDepthMax: 5,
  remoteErrorNameCharsMax: 128,
  /** About a screen of text. Validation libraries put a whole JSON report here. Raised: bytes per failure, times depth. */
  remoteErrorMessageCharsMax: 4096,
  /** V8 keeps 10 frames by default, about 100 characters each; this is eight times that. Raised: bytes per failure, times depth. */
  remoteErrorStackCharsMax: 8192,
  /** A thrown value that is no error is described by at most this many of its fields and elements. Raised: time spent on describing it. */
  remoteErrorFieldsMax: 1000,
} as const;
