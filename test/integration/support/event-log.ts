/** What a role reported, in order: looked through, or waited for. */

/** Not `Extract`: a member of the union may stand for several types. */
type OfType<Event extends { type: string }, Type extends string> = Event extends unknown
  ? Type extends Event["type"]
    ? Event & { type: Type }
    : never
  : never;

export class EventLog<Event extends { type: string }> {
  readonly all: Event[] = [];
  readonly #watchers = new Set<() => void>();

  /** Bound, so that it can be given to a role as its `onEvent`. */
  readonly push = (event: Event): void => {
    this.all.push(event);
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  };

  of<Type extends Event["type"]>(type: Type): OfType<Event, Type>[] {
    return this.all.filter((event): event is OfType<Event, Type> => event.type === type);
  }

  /** The `count`-th of this type that fits, reported already or still to come. */
  async next<Type extends Event["type"]>(
    type: Type,
    { fits = () => true, count = 1 }: { fits?: (event: OfType<Event, Type>) => boolean; count?: number } = {},
  ): Promise<OfType<Event, Type>> {
    for (;;) {
      const found = this.of(type).filter(fits)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }
}
