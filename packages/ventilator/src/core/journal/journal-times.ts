/** How long the journal of a ventilator may wait, and is waited for. */
export const journalTimes = {
  /** What nobody waits for is written at the latest after this. Raised: more is run again after a crash. */
  journalLazyMs: 50,
  /** How often a journal without room is tried. */
  journalRetryMs: 1_000,
  /** Replayed tasks wait so long for workers that hold them. Longer than a worker takes to notice and to come back. */
  readoptMs: 1_000,
} as const;
