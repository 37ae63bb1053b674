// Real processes of the command line, for tests: started with `node` and the source, read by lines, and never left
// behind.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const cli = join(import.meta.dirname, "../../packages/cli/src");
export const handlersFile = join(import.meta.dirname, "fixtures/cli-handlers.ts");

/** A free port of the loopback. */
export const anyPort = "tcp://127.0.0.1:*";

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

export interface Ready {
  readonly role: string;
  readonly pid: number;
  readonly workers?: string;
  readonly producers?: string;
  readonly bind?: string;
  readonly push?: string;
  readonly ventilators?: readonly string[];
  readonly submit?: readonly string[];
}

/** Processes that a test has started and that may still run. */
const running = new Set<TqProcess>();

/** For `afterEach`. */
export async function killAll(): Promise<void> {
  const left = [...running];
  for (const process of left) process.killGroup();
  await Promise.all(left.map(({ ended }) => ended));
}

export class TqProcess {
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(entry: "main.ts" | "demo/main.ts", words: readonly string[], options: StartOptions = {}) {
    const { input, environment, folder } = options;
    // Settings of whoever runs the tests must not decide how they end.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("TQ_"));
    this.#process = spawn(process.execPath, [join(cli, entry), ...words], {
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own: what it has started ends with it.
      detached: true,
      env: { ...Object.fromEntries(inherited), ...environment },
      ...(folder !== undefined && { cwd: folder }),
    });
    running.add(this);
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    // A process may end before it has read its input.
    this.#process.stdin.on("error", () => {});
    if (input !== undefined) this.#process.stdin.end(input);
    this.ended = once(this.#process, "close").then(([exitCode, signal]) => {
      running.delete(this);
      return { exitCode, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get stdin(): Writable {
    return this.#process.stdin;
  }

  /** What it printed, line by line, as JSON. Leaves out the ready line. */
  get lines(): readonly Record<string, unknown>[] {
    return jsonLines(this.stdout.replace(/^ready .*\n/, ""));
  }

  /** Its log, line by line. */
  get log(): readonly Record<string, unknown>[] {
    return jsonLines(this.stderr);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it together with all that it has started. */
  killGroup(): void {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }

  /** Closes the reading end of its stdout, as `head` does when it has seen enough. */
  closeStdout(): void {
    this.#process.stdout.destroy();
  }

  /** Stops reading its stdout. */
  pauseStdout(): void {
    this.#process.stdout.pause();
  }

  /** Its ready line. Rejects when it ends without one. */
  async ready(): Promise<Ready> {
    const line = await this.waitFor(() => /^ready (.*)\n/.exec(this.stdout)?.[1]);
    return JSON.parse(line) as Ready;
  }

  /** Resolves with the first value that is there, looking at whatever it prints. Rejects when it ends before. */
  waitFor<Value>(look: () => Value | undefined): Promise<Value> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        this.#process.stdout.off("data", check);
        this.#process.stderr.off("data", check);
        resolve(found);
      };
      this.#process.stdout.on("data", check);
      this.#process.stderr.on("data", check);
      void this.ended.then(({ exitCode, signal }) => {
        check();
        reject(
          new Error(`it ended (${exitCode ?? signal}) before it said so:\n${this.stdout}\n${this.stderr}`),
        );
      });
      check();
    });
  }

  /** The first line of its log with these words in its message. */
  logged(message: RegExp): Promise<Record<string, unknown>> {
    return this.waitFor(() => this.log.find(({ msg }) => message.test(String(msg))));
  }
}

export const startTq = (words: readonly string[], options?: StartOptions): TqProcess =>
  new TqProcess("main.ts", words, options);

/** Runs it to its end. */
export const tq = (words: readonly string[], options: StartOptions = {}): Promise<Ended> =>
  startTq(words, { input: "", ...options }).ended;

export const demo = (words: readonly string[], options: StartOptions = {}): Promise<Ended> =>
  new TqProcess("demo/main.ts", words, { input: "", ...options }).ended;

function jsonLines(text: string): readonly Record<string, unknown>[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export interface Pipeline {
  readonly sink: TqProcess;
  readonly ventilator: TqProcess;
  /** Endpoint for `tq worker`. */
  readonly workers: string;
  /** Endpoint for `tq submit`. */
  readonly producers: string;
  startWorker(...words: string[]): Promise<TqProcess>;
}

/** A sink and a ventilator. */
export async function startPipeline(...sinkWords: string[]): Promise<Pipeline> {
  const sink = startTq(["sink", "--bind", anyPort, ...sinkWords]);
  const { bind = "" } = await sink.ready();
  const ventilator = startTq(["ventilator", "--workers", anyPort, "--producers", anyPort, "--sink", bind]);
  const { workers = "", producers = "" } = await ventilator.ready();
  const startWorker = async (...words: string[]) => {
    const worker = startTq(["worker", handlersFile, "--ventilator", workers, ...words]);
    await worker.ready();
    return worker;
  };
  return { sink, ventilator, workers, producers, startWorker };
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
