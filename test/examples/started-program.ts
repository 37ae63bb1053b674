/**
 * A program of the examples, or the `tq` command, as a process of its own: what it prints, line by line, and how it ends.
 * It never outlives the test: leaving the scope kills it and waits for its end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), "../..");

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Iterable<string>;
  /** Where it runs, and where `path` is looked for. Default: the project's root. */
  readonly folder?: string;
  /** The Node that runs it. Default: this one. */
  readonly node?: string;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: readonly string[];
  readonly stderr: string;
}

export class StartedProgram implements AsyncDisposable {
  /** Resolves when it has ended and all its output is read. */
  readonly ended: Promise<ProgramEnd>;
  readonly #child: ChildProcess;
  readonly #path: string;
  readonly #stdout: string[] = [];
  readonly #stderr: string[] = [];
  readonly #watchers = new Set<() => void>();
  #isOver = false;

  /** `path` is relative to the project's root, or to `folder`. */
  constructor(path: string, options: StartOptions = {}) {
    const { args = [], env = {}, input, folder = projectRoot, node = process.execPath } = options;
    this.#path = path;
    const child = spawn(node, [join(folder, path), ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#stdout.push(line);
      this.#tell();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#stderr.push(text));
    // It may end without reading all of its input.
    child.stdin.on("error", () => {});
    child.stdin.end(input === undefined ? "" : [...input].map((line) => `${line}\n`).join(""));
    this.ended = this.#end();
  }

  get stdout(): readonly string[] {
    return this.#stdout;
  }

  /** The first line of stdout that fits, printed already or still to come. Rejects if the program ends without it. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.#stdout) {
        const found = pattern.exec(line);
        if (found !== null) return found;
      }
      if (this.#isOver) throw new Error(`${this.#path} ended without ${pattern}:\n${this.#said()}`);
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** The JSON object of the `ready` line of a `tq` command. */
  async ready(): Promise<Record<string, unknown>> {
    const [, json = ""] = await this.line(/^ready (.*)$/);
    return JSON.parse(json);
  }

  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<ProgramEnd> {
    this.#child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }

  async #end(): Promise<ProgramEnd> {
    const [exitCode, signal] = await once(this.#child, "close");
    this.#isOver = true;
    this.#tell();
    return { exitCode, signal, stdout: this.#stdout, stderr: this.#stderr.join("") };
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }

  #said(): string {
    return [...this.#stdout, ...this.#stderr].join("\n");
  }
}

/** Runs a program to its end. Rejects with all it said if its exit code is not 0. */
export async function outputOf(path: string, options?: StartOptions): Promise<readonly string[]> {
  await using program = new StartedProgram(path, options);
  const { exitCode, signal, stdout, stderr } = await program.ended;
  if (exitCode === 0) return stdout;
  throw new Error(`${path} ended with ${exitCode ?? signal}:\n${stdout.join("\n")}\n${stderr}`);
}
