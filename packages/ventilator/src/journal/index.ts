/** `@tq/ventilator/journal`: looking into a journal, and saving what can be read of a damaged one, without a ventilator. */
export type { LostRow } from "./damaged-table.ts";
export { type Durability, durabilities } from "./journal-options.ts";
export { type SalvageReport, salvageJournal } from "./salvage-journal.ts";
export { type JournalSummary, showJournal, type TaskCounts } from "./show-journal.ts";
export type { TableName } from "./table.ts";
