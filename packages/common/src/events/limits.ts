/** Every limit of the events, with its unit in its name, and what grows if it is raised. */
export const eventLimits = {
  /** Version of the messages. */
  version: 1,
  /** Between two beats of a source. Raised: how late a gap at the end of a burst is noticed. */
  beatMs: 1_000,
  /** A source that is not heard for this long is gone for a subscriber: three beats and some. */
  silenceMs: 3_500,
  /** A subscriber asks a source that it has no snapshot of again after this. */
  askAgainMs: 1_000,
  /** Entries in one message. Above that a message gains nothing. Raised: what one dropped message takes with it. */
  entriesPerMessageMax: 256,
  /** Texts in one message, after which it ends. Raised: memory per subscriber that does not read. */
  textCharsPerMessageMax: 16_384,
  /**
   * Events that wait in a reader. Beyond, new ones are left out and counted. Some two seconds of a busy ventilator. Raised:
   * how old the news is that a slow reader gets.
   */
  waitingEventsMax: 1_048_576,
  /** The same in entries, a run of tasks being one. Raised: memory of a reader that does not ask. */
  waitingEntriesMax: 8_192,
  /** The same in bytes, as they came over a network. */
  waitingBytesMax: 16 * 1024 * 1024,
  /** Tasks in one run. */
  runTasksMax: 65_536,
  /** Sources that one subscription keeps track of. Beyond, new ones are left out. */
  sourcesMax: 4_096,
  /** Topics of one source that are kept track of. There are some forty. */
  topicsMax: 256,
  /** Characters of a topic or prefix. */
  topicCharsMax: 128,
  /** Prefixes that one reader asks for. */
  readerTopicsMax: 64,
  /** Between two snapshots that a source takes. Raised: how long a newcomer waits; lowered: what strangers can cost it. */
  snapshotGapMs: 20,
  /** Subscribers that wait for a snapshot from one publisher. Beyond, they ask again. */
  askersMax: 1_024,
  /** Characters of a source's name. */
  nameCharsMax: 128,
} as const;
