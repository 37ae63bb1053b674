/**
 * All processes of a run and the proxies between them. A role that is started again binds another port, and its proxies
 * are told: so no port is fixed, and what its peers connect to, which is also what a sink is known by, stays.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import type { Endpoints, Role, Settings } from "../processes/role-options.ts";
import type { FleetSize } from "./fleet-size.ts";
import type { LinkTarget, Target } from "./plan.ts";
import { Reaper } from "./reaper.ts";
import { RoleChild } from "./role-child.ts";

export interface FleetOptions {
  readonly size: FleetSize;
  /** Everything that is written goes into this folder. */
  readonly folder: string;
  /** Ventilators have a journal, sinks a store. */
  readonly isDurable: boolean;
  /** All producers together. */
  readonly tasksPerSecond: number;
  /** Of a ventilator. Default: tq's own. */
  readonly unsettledTasksMax?: number | undefined;
}

/** A process that comes back as often as it is killed. */
interface Place {
  readonly role: Role;
  readonly place: number;
  child: RoleChild;
  starts: number;
  /** Numbers of the starts before. */
  readonly before: Map<string, number>;
  /** Its restart is under way. */
  starting: Promise<void> | undefined;
  stops: number;
}

type Links = Readonly<Record<LinkTarget["to"], readonly TcpProxy[]>>;

export class Fleet implements AsyncDisposable {
  readonly accepted: string[] = [];
  readonly outs: readonly string[];
  /** Ends that nobody has asked for. */
  readonly unexpected: string[] = [];
  readonly #options: FleetOptions;
  readonly #stack = new AsyncDisposableStack();
  readonly #reaper: Reaper;
  readonly #places = new Map<string, Place>();
  readonly #links: Links;
  readonly #watchers = new Set<() => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isOver = false;

  static async start(options: FleetOptions): Promise<Fleet> {
    const { size } = options;
    const proxies = async (count: number): Promise<TcpProxy[]> => {
      // Nobody is there until the roles say where they are.
      const nowhere = "tcp://127.0.0.1:9";
      return Promise.all(Array.from({ length: count }, () => startTcpProxy(nowhere)));
    };
    const links = {
      sink: await proxies(size.sink),
      workers: await proxies(size.ventilator),
      producers: await proxies(size.ventilator),
    };
    const fleet = new Fleet(options, links);
    try {
      for (const role of ["sink", "ventilator", "worker", "producer"] as const) {
        const places = Array.from({ length: size[role] }, (_, place) => place);
        await Promise.all(places.map((place) => fleet.#open({ role, place })));
      }
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  private constructor(options: FleetOptions, links: Links) {
    this.#options = options;
    this.#links = links;
    for (const proxy of Object.values(links).flat()) this.#stack.use(proxy);
    this.#reaper = this.#stack.use(new Reaper());
    this.outs = links.sink.map((_, place) => join(options.folder, `sink-${place}.ndjson`));
    for (const out of this.outs) writeFileSync(out, "");
  }

  /** What passes there. */
  link({ to, place }: LinkTarget): TcpProxy {
    const proxy = this.#links[to][place];
    if (proxy === undefined) throw new Error(`there is no link to ${to} ${place}`);
    return proxy;
  }

  get links(): readonly TcpProxy[] {
    return Object.values(this.#links).flat();
  }

  /** Undefined while it is down. */
  running(target: Target): RoleChild | undefined {
    const { child, starting } = this.#at(target);
    return starting === undefined && !child.hasEnded ? child : undefined;
  }

  /** Processes that run, of one role or of all. */
  all(role?: Role): RoleChild[] {
    return [...this.#places.values()]
      .filter((place) => (role === undefined || place.role === role) && place.starting === undefined)
      .map(({ child }) => child);
  }

  /** Over all processes of the role and all their starts. */
  count(role: Role, name: string): number {
    let sum = 0;
    for (const place of this.#places.values()) {
      if (place.role === role) sum += (place.before.get(name) ?? 0) + (place.child.counts[name] ?? 0);
    }
    return sum;
  }

  /** Now, of the processes that run. */
  now(role: Role, name: string): number {
    return this.all(role).reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  }

  /** `watcher` is called whenever a process has said how it stands. Gives back how to end that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Resolves when it holds, looked at whenever a process has said how it stands. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = this.watch(() => {
        if (!holds()) return;
        end();
        resolve();
      });
    });
  }

  /** Kills it, and starts it anew after a while. Resolves when it is dead. */
  async kill(target: Target, downMs: number): Promise<void> {
    const place = this.#at(target);
    await place.child.kill();
    for (const [name, value] of Object.entries(place.child.counts)) {
      place.before.set(name, (place.before.get(name) ?? 0) + value);
    }
    place.child.counts = {};
    place.starting = (async () => {
      await new Promise((resolve) => setTimeout(resolve, downMs));
      await this.#start(place);
      place.starting = undefined;
    })();
    place.starting.catch((error: unknown) => this.unexpected.push(String(error)));
  }

  /** Stops it for a while. */
  stop(target: Target, ms: number): void {
    const place = this.#at(target);
    const { child } = place;
    place.stops += 1;
    child.signal("SIGSTOP");
    this.later(ms, () => {
      place.stops -= 1;
      // Another stop may have come meanwhile.
      if (place.stops === 0) child.signal("SIGCONT");
    });
  }

  /** Ends a stop before its time. */
  continue(target: Target): void {
    this.#at(target).child.signal("SIGCONT");
  }

  /** Unless the run is over by then. */
  later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  /** Resolves when it serves, also after it was killed. */
  async up(target: Target): Promise<void> {
    await this.#at(target).starting;
  }

  /** Resolves when everybody runs, and nothing stands in the way any more. */
  async heal(): Promise<void> {
    this.#clearTimers();
    for (const proxy of this.links) {
      proxy.resume();
      proxy.delay(0);
    }
    await Promise.all([...this.#places.values()].map(({ starting }) => starting));
    for (const child of this.all()) child.signal("SIGCONT");
  }

  /** Ends everybody in order: whoever gives, before whoever takes. */
  async leave(): Promise<void> {
    this.#isOver = true;
    for (const role of ["producer", "worker", "ventilator", "sink"] as const) {
      await Promise.all(this.all(role).map((child) => child.leave()));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#clearTimers();
    const places = [...this.#places.values()];
    await Promise.all(places.map(({ child }) => child.kill()));
    await Promise.allSettled(places.map(({ starting }) => starting));
    await Promise.all(places.map(({ child }) => child.kill()));
    await this.#stack.disposeAsync();
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #at({ role, place }: Target): Place {
    const found = this.#places.get(`${role} ${place}`);
    if (found === undefined) throw new Error(`there is no ${role} ${place}`);
    return found;
  }

  async #open({ role, place }: Target): Promise<void> {
    const opened: Place = {
      role,
      place,
      child: this.#fork({ role, place }, 1),
      starts: 0,
      before: new Map(),
      starting: undefined,
      stops: 0,
    };
    this.#places.set(`${role} ${place}`, opened);
    await this.#served(opened);
  }

  async #start(place: Place): Promise<void> {
    if (this.#isOver) return;
    place.child = this.#fork(place, place.starts + 1);
    await this.#served(place);
  }

  #fork(target: Target, start: number): RoleChild {
    const settings = this.#settings(target, start);
    const log = join(this.#options.folder, `${settings.name}.log`);
    const child = new RoleChild(settings, { reaper: this.#reaper, log });
    child.onCounts = () => {
      for (const watcher of this.#watchers) watcher();
    };
    void child.ended.then((how) => {
      if (!child.isGivenUp) this.unexpected.push(`${child.settings.name}: ${how}\n${child.lastWords}`);
    });
    return child;
  }

  /** It has bound: its proxies lead there. */
  async #served(place: Place): Promise<void> {
    place.starts += 1;
    place.stops = 0;
    const endpoints: Endpoints = await place.child.ready;
    for (const to of ["sink", "workers", "producers"] as const) {
      const endpoint = endpoints[to];
      if (endpoint !== undefined) this.link({ to, place: place.place }).retarget(endpoint);
    }
  }

  #settings({ role, place }: Target, start: number): Settings {
    const { folder, isDurable, tasksPerSecond, size } = this.#options;
    const name = `${role}-${place}`;
    const at = (proxies: readonly TcpProxy[]): string[] => proxies.map(({ endpoint }) => endpoint);
    switch (role) {
      case "ventilator":
        return {
          role,
          name,
          sinks: at(this.#links.sink),
          unsettledTasksMax: this.#options.unsettledTasksMax,
          ...(isDurable && { journal: madeFolder(join(folder, `${name}.journal`)) }),
        };
      case "sink":
        return {
          role,
          name,
          out: this.outs[place] ?? "",
          ...(isDurable && { store: join(folder, `${name}.db`) }),
        };
      case "worker":
        return { role, name, ventilators: at(this.#links.workers) };
      case "producer": {
        // A file for each start: one that was killed while it wrote leaves a line that is not whole.
        const accepted = join(folder, `${name}.${start}.accepted`);
        writeFileSync(accepted, "");
        this.accepted.push(accepted);
        const ventilators = at(this.#links.producers);
        return { role, name, ventilators, accepted, tasksPerSecond: tasksPerSecond / size.producer };
      }
    }
  }
}

function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
