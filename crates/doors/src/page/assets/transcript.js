// The messages of a conversation in their order, and the place at which one reads.

import { byId } from './dom.js';

/** How near the end one has to be to stay there as more comes, in pixels. */
const NEAR = 80;

export class Transcript {
  constructor() {
    this.list = byId('transcript');
    this.scroller = byId('reading');
    this.newest = byId('newest');
    this.atEnd = true;
    this.items = [];
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.newest.addEventListener('click', () => this.toEnd());
    new ResizeObserver(() => this.follow()).observe(this.scroller);
    new ResizeObserver(() => this.follow()).observe(this.list);
  }

  clear() {
    this.items = [];
    this.list.replaceChildren();
    this.atEnd = true;
    this.newest.hidden = true;
    this.scroller.scrollTop = 0;
  }

  /** Puts a node at its place: the key is a list of numbers, and the lowest comes first. */
  put(key, node) {
    this.remove(node);
    let at = this.items.length;
    while (at > 0 && compare(this.items[at - 1].key, key) > 0) at -= 1;
    this.list.insertBefore(node, this.items[at]?.node ?? null);
    this.items.splice(at, 0, { key, node });
    this.follow();
  }

  remove(node) {
    const at = this.items.findLastIndex((item) => item.node === node);
    if (at < 0) return;
    this.items.splice(at, 1);
    node.remove();
  }

  scrolled() {
    if (!this.items.length) return;
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.newest.hidden = this.atEnd;
  }

  /** Stays at the end, for those who are there. */
  follow() {
    if (!this.items.length) return;
    if (this.atEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    else this.scrolled();
  }

  toEnd() {
    this.atEnd = true;
    this.newest.hidden = true;
    this.follow();
  }
}

function compare(a, b) {
  for (let n = 0; n < a.length; n += 1) if (a[n] !== b[n]) return a[n] - b[n];
  return 0;
}
