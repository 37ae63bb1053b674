/** What a long-running command says on stdout when it is ready: bound, or its handlers loaded. */
import { standardOutput } from "./line-output.ts";

export interface Ready {
  readonly role: "ventilator" | "worker" | "sink" | "proxy" | "dev";
  readonly pid: number;
  readonly workers?: string;
  readonly producers?: string;
  readonly bind?: string;
  readonly push?: string;
  readonly events?: string;
  readonly publishers?: string;
  readonly subscribers?: string;
  readonly ventilators?: readonly string[];
  /** Commands that submit a task each. */
  readonly submit?: readonly string[];
}

/** `ready {json}`, each endpoint as it was resolved. */
export const formatReadyLine = (ready: Ready): string => `ready ${JSON.stringify(ready)}\n`;

export const printReady = (ready: Ready): Promise<void> => standardOutput.write(formatReadyLine(ready));
