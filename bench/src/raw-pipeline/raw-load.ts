/** What one measurement of the raw pipeline sends. */
export interface RawLoad {
  /** Tasks of the measured run. */
  readonly tasks: number;
  /** Tasks sent before it, so that the code is compiled and the connections stand. */
  readonly warmUpTasks: number;
  readonly tasksPerMessage: number;
  /** Characters of text that each task carries besides its number. */
  readonly payloadBytes: number;
}
