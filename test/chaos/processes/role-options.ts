/** What the processes of a run are told at their start and later, and what they say. */

export type Role = "ventilator" | "worker" | "sink" | "producer";

export const roles: readonly Role[] = ["ventilator", "worker", "sink", "producer"];

export interface VentilatorSettings {
  readonly role: "ventilator";
  readonly name: string;
  readonly sinks: readonly string[];
  readonly unsettledTasksMax?: number | undefined;
  /** Folder of its journal. Absent: none. */
  readonly journal?: string | undefined;
}

export interface WorkerSettings {
  readonly role: "worker";
  readonly name: string;
  readonly ventilators: readonly string[];
}

export interface SinkSettings {
  readonly role: "sink";
  readonly name: string;
  /** Where result lines go. */
  readonly out: string;
  /** File of its store. Absent: none. */
  readonly store?: string | undefined;
}

export interface ProducerSettings {
  readonly role: "producer";
  readonly name: string;
  readonly ventilators: readonly string[];
  /** Where the ids of accepted tasks go. */
  readonly accepted: string;
  /** Tasks that it submits in a second. */
  readonly tasksPerSecond: number;
}

export type Settings = VentilatorSettings | WorkerSettings | SinkSettings | ProducerSettings;

/** Where a role has bound. */
export type Endpoints = Readonly<Record<string, string>>;

/** Numbers of a role since the start of its process. */
export type Counts = Readonly<Record<string, number>>;

export type FromProcess =
  | { readonly type: "ready"; readonly endpoints: Endpoints }
  | { readonly type: "counts"; readonly counts: Counts }
  /** It has come to the end of what it was told to finish. */
  | { readonly type: "finished" };

/** `finish`: end what was begun, take nothing new. `leave`: end in order. */
export interface ToProcess {
  readonly type: "finish" | "leave";
}
