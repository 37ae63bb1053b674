/** A process of a run as its parent sees it: what it says, how it stands, and how it ends. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Counts, Endpoints, FromProcess, Settings, ToProcess } from "../processes/role-options.ts";
import type { Reaper } from "./reaper.ts";

/** Of what it wrote in its log, the last so many characters are shown. */
const lastWordsMax = 2_000;

const entry = new URL("../processes/role-process.ts", import.meta.url);

export class RoleChild {
  readonly settings: Settings;
  /** Resolves with where it has bound. Rejects when it ends before it has. */
  readonly ready: Promise<Endpoints>;
  /** Resolves when it has ended, with how in words. */
  readonly ended: Promise<string>;
  counts: Counts = {};
  /** How often it has said how it stands. */
  told = 0;
  /** Called whenever it has said how it stands. */
  onCounts: () => void = () => {};
  hasEnded = false;
  /** Nobody minds its end any more. */
  isGivenUp = false;
  readonly #child: ChildProcess;
  readonly #finished = Promise.withResolvers<void>();

  readonly #log: string;

  /** `log`: where its stderr goes. */
  constructor(settings: Settings, { reaper, log }: { readonly reaper: Reaper; readonly log: string }) {
    this.settings = settings;
    this.#log = log;
    const stderr = openSync(log, "a");
    this.#child = fork(entry, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ["ignore", "ignore", stderr, "ipc"],
    });
    closeSync(stderr);
    const { pid } = this;
    reaper.watch(pid);
    const ready = Promise.withResolvers<Endpoints>();
    this.ready = ready.promise;
    this.ended = once(this.#child, "close").then(([exitCode, signal]) => {
      this.hasEnded = true;
      reaper.forget(pid);
      const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
      const error = new Error(`${settings.name} ended: ${how}\n${this.lastWords}`);
      ready.reject(error);
      this.#finished.reject(error);
      return how;
    });
    for (const promise of [this.ready, this.#finished.promise]) promise.catch(() => {});
    this.#child.on("message", (message: FromProcess) => {
      if (message.type === "ready") ready.resolve(message.endpoints);
      else if (message.type === "finished") this.#finished.resolve();
      else {
        this.counts = message.counts;
        this.told += 1;
        this.onCounts();
      }
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.settings.name} could not be started`);
    return pid;
  }

  /** The end of its log. */
  get lastWords(): string {
    return readFileSync(this.#log, "utf8").slice(-lastWordsMax);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it, however it is, and resolves when it has ended. */
  async kill(): Promise<void> {
    this.isGivenUp = true;
    this.signal("SIGKILL");
    await this.ended;
  }

  /** Resolves when it has finished what it had begun. Rejects when it ends before. */
  finish(): Promise<void> {
    this.#tell({ type: "finish" });
    return this.#finished.promise;
  }

  /** Lets it end in order, and resolves when it has. */
  async leave(): Promise<void> {
    this.isGivenUp = true;
    this.#tell({ type: "leave" });
    await this.ended;
  }

  #tell(message: ToProcess): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}
