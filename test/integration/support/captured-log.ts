/** A log whose lines are read instead of printed. */
import type { TqLogger } from "@tq/common/node";
import pino from "pino";

export interface LogLine {
  /** 30 info, 40 warn, 50 error. */
  readonly level: number;
  readonly msg: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export class CapturedLog {
  readonly lines: LogLine[] = [];
  readonly log: TqLogger = pino({ level: "trace" }, { write: (line) => this.lines.push(JSON.parse(line)) });

  of(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }
}
