/**
 * Results of a store, asked for by what is known of them: also while a sink writes it, and from another process.
 *
 * Read in pages, each for itself, so that nobody who looks at results for long keeps the store's file from being tidied.
 */
import { type OutcomeStatus, type Result, TqError } from "@tq/common";
import { checkKnownOptions, parseTaskId, taskOfTraceId } from "@tq/common/contract";
import { ResultRows } from "./result-rows.ts";
import { pageRows, StoredResults } from "./store/sqlite/stored-results.ts";

/** Which results; all conditions hold together. */
export interface ResultsQuery {
  /** Name of the task. */
  readonly task?: string | undefined;
  readonly outcome?: OutcomeStatus | undefined;
  /** Committed at this time or later. */
  readonly since?: Date | undefined;
  /** Committed before this time. */
  readonly until?: Date | undefined;
  /** 32 lower-case hex digits. */
  readonly traceId?: string | undefined;
  /** `<16 hex>-<seq>`. */
  readonly taskId?: string | undefined;
  /** At most so many, from 1. Default: all. */
  readonly limit?: number | undefined;
}

/** A result, and when the sink committed it. */
export type StoredResult = Result & { readonly committedAt: Date };

/** A store that is open for reading. */
export interface ResultsFile extends Disposable {
  /**
   * In the order of their commits. Outputs are as they came, not checked; one that cannot be read comes as `failed`, with
   * `TQ_ERR_UNDECODABLE`.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` at once; while it is read, `TQ_ERR_STORAGE_CORRUPT`, `TQ_ERR_STORAGE_FAILED`.
   */
  query(query?: ResultsQuery): IterableIterator<StoredResult>;
  /** Harmless twice. */
  close(): void;
}

/**
 * Opens the store of a sink for reading, whether or not the sink runs.
 *
 * Errors: `TQ_ERR_STORAGE_FAILED` (also if there is none), `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`.
 */
export function openResults(file: string): ResultsFile {
  const results = new StoredResults(file);
  const close = (): void => results.close();
  return {
    query: (query = {}) => {
      const conditions = conditionsOf(query);
      return read(results, { query, conditions });
    },
    close,
    [Symbol.dispose]: close,
  };
}

interface Condition {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

interface Reading {
  readonly query: ResultsQuery;
  /** One of them holds. None holds of a result for which another does. */
  readonly conditions: readonly Condition[];
}

function* read(results: StoredResults, { query, conditions }: Reading): IterableIterator<StoredResult> {
  const wants = (): boolean => true;
  // Not by OR or IN: SQLite would find all that is left anew for each page, where indexes of these give it a page's rows in order.
  const parts = conditions.map(({ sql }) => `SELECT * FROM results WHERE n > ? ${sql}`);
  const page = results.database.prepare(`${parts.join(" UNION ALL ")} ORDER BY n LIMIT ${pageRows}`);
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  for (let after = 0; left > 0; ) {
    const rows = () => page.iterate(...conditions.flatMap(({ parameters }) => [after, ...parameters]));
    const { batches, through } = results.gather(rows, { after, wants });
    if (through === after) return;
    for (const { batch, at } of batches) {
      const rows = new ResultRows(batch, { schema: undefined, onLost: () => {} });
      for (let row = 0; row < batch.count && left > 0; row++, left--) {
        // Without a schema nothing has to be waited for.
        const result = rows.at(row) as Result;
        yield { ...result, committedAt: new Date(at[row] ?? 0) };
      }
    }
    after = through;
  }
}

const known: Record<keyof ResultsQuery, true> = {
  task: true,
  outcome: true,
  since: true,
  until: true,
  traceId: true,
  taskId: true,
  limit: true,
};

const outcomes: Record<OutcomeStatus, true> = {
  completed: true,
  failed: true,
  dead: true,
  cancelled: true,
  expired: true,
};

function conditionsOf(query: ResultsQuery): Condition[] {
  checkKnownOptions("query", query, known);
  const { task, outcome, since, until, traceId, taskId, limit } = query;
  const sql: string[] = [];
  const parameters: (string | number)[] = [];
  const add = (condition: string, ...values: (string | number)[]): void => {
    sql.push(`AND ${condition}`);
    parameters.push(...values);
  };
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1))
    throw invalid("limit", `limit is a whole number from 1, not ${String(limit)}`);
  if (task !== undefined) add("task = ?", task);
  if (outcome !== undefined) {
    if (!Object.hasOwn(outcomes, outcome))
      throw invalid("outcome", `outcome is one of ${Object.keys(outcomes).join(", ")}, not ${outcome}`);
    add("outcome = ?", outcome);
  }
  if (since !== undefined) add("at >= ?", instantOf("since", since));
  if (until !== undefined) add("at < ?", instantOf("until", until));
  if (taskId !== undefined) {
    const parsed = parseTaskId(taskId);
    if (!parsed.ok) throw invalid("taskId", parsed.reason);
    add("origin = ? AND seq = ?", parsed.value.origin, parsed.value.seq);
  }
  const all = { sql: sql.join(" "), parameters };
  return traceId === undefined ? [all] : ofTrace(traceId, all);
}

/** Those to which their producer brought that trace along, and the one whose own trace it is, if nothing was brought along. */
function ofTrace(traceId: string, { sql, parameters }: Condition): Condition[] {
  if (!/^[0-9a-f]{32}$/.test(traceId)) throw invalid("traceId", "traceId is 32 lower-case hex digits");
  const brought = {
    sql: `${sql} AND traceparent IS NOT NULL AND substr(traceparent, 4, 32) = ?`,
    parameters: [...parameters, traceId],
  };
  const task = taskOfTraceId(traceId);
  if (task === undefined) return [brought];
  const own = {
    sql: `${sql} AND traceparent IS NULL AND origin = ? AND seq = ?`,
    parameters: [...parameters, task.origin, task.seq],
  };
  return [brought, own];
}

function instantOf(option: string, date: Date): number {
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw invalid(option, `${option} is a valid date`);
  return ms;
}

const invalid = (option: string, message: string): TqError =>
  new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option } });
