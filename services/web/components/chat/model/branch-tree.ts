// A conversation as a tree: messages with one parent are versions of each other, and a branch is what is read.

export interface Version {
  /** From 0. */
  index: number;
  /** All versions, oldest first, this one included. */
  ids: string[];
}

interface Node<M> {
  message: M;
  parent: string;
  children: string[];
}

const ROOT = "";

export class BranchTree<M extends { id: string }> {
  private readonly nodes = new Map<string, Node<M>>();
  private readonly beginnings: string[] = [];

  /** `parent` must come before its children; a message whose parent is not there begins a conversation. */
  add(message: M, parent: string): void {
    const known = this.nodes.get(message.id);
    if (known) {
      known.message = message;
      return;
    }
    const under = this.nodes.has(parent) ? parent : ROOT;
    this.nodes.set(message.id, { message, parent: under, children: [] });
    this.childrenOf(under).push(message.id);
  }

  /** Takes over a branch as it is now. */
  adopt(path: M[]): void {
    let parent = ROOT;
    for (const message of path) {
      this.add(message, parent);
      parent = message.id;
    }
  }

  has(id: string): boolean {
    return this.nodes.has(id);
  }

  get size(): number {
    return this.nodes.size;
  }

  /** The branch that ends with this message; empty when it is not there. */
  pathTo(id: string): M[] {
    const path: M[] = [];
    for (let node = this.nodes.get(id); node; node = this.nodes.get(node.parent)) {
      path.push(node.message);
    }
    return path.reverse();
  }

  /** The end of the newest branch through this message. */
  newestUnder(id: string): string {
    let at = id;
    for (let next = this.newestChild(at); next !== undefined; next = this.newestChild(at))
      at = next;
    return at;
  }

  /** The end of the newest branch of all; empty in an empty tree. */
  newest(): string {
    return this.newestUnder(ROOT);
  }

  versionsOf(id: string): Version {
    const node = this.nodes.get(id);
    if (!node) return { index: 0, ids: [id] };
    const ids = this.childrenOf(node.parent);
    return { index: ids.indexOf(id), ids: [...ids] };
  }

  private newestChild(id: string): string | undefined {
    return this.childrenOf(id).at(-1);
  }

  private childrenOf(id: string): string[] {
    return id === ROOT ? this.beginnings : (this.nodes.get(id)?.children ?? []);
  }
}
