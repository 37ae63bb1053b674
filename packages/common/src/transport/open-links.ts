/** The links of a transport that are not closed yet, so that it can close them all. */
interface Closable {
  close(options?: { readonly lingerMs?: number | undefined }): Promise<void>;
}

export class OpenLinks {
  readonly #links = new Set<Closable>();

  /** Gives the link back, which leaves the set as soon as it is closed. */
  keep<Link extends Closable>(link: Link): Link {
    const close = link.close.bind(link);
    link.close = (options) => {
      this.#links.delete(link);
      return close(options);
    };
    this.#links.add(link);
    return link;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#links].map((link) => link.close()));
  }
}
