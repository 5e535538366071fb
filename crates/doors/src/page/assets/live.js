// A connection to a session that comes back: with no gap, no repeat, and no text lost.

import { account, address } from './api.js';

/** Something comes every 30 seconds; a connection that is silent for longer is dead. */
const SILENCE_MS = 45_000;
const BACKOFF_MS = 300;
const BACKOFF_MAX_MS = 10_000;
/** How long to stay away after far too many frames. */
const FLOOD_MS = 60_000;
const OVER = {
  4001: 'This conversation does not exist any more.',
  4002: 'This conversation is over.',
};

/**
 * Follows a session. `on.frame(frame)` gets what happened, each thing once and in order;
 * `on.acked(id, seq, timestamp)` says that a text is on disk, `on.refused(id, text, frame)` that
 * it was not taken; `on.state(name, detail)` tells how the connection is: `connecting`, `open`,
 * `waiting` (with `until`), `over` (with `words`). `on.signIn()` has to bring a new token.
 */
export class Live {
  constructor(id, on) {
    Object.assign(this, { id, on, cursor: 0, failures: 0, fresh: null, outbox: new Map(), socket: null });
    this.wake = () => this.timer && document.visibilityState === 'visible' && this.connect();
    addEventListener('online', this.wake);
    document.addEventListener('visibilitychange', this.wake);
    this.connect();
  }

  /** Says something; it is sent again after each new connection until it is acknowledged. */
  say(text) {
    // Not `randomUUID`: there is none on pages that did not come over TLS.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.outbox.set(id, { text, sentOn: null });
    if (this.isOpen()) this.sendText(id);
    return id;
  }

  stop() {
    if (this.isOpen()) this.send({ type: 'stop' });
  }

  close() {
    this.closed = true;
    removeEventListener('online', this.wake);
    document.removeEventListener('visibilitychange', this.wake);
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.socket?.close(1000);
  }

  isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.closed) return;
    this.on.state('connecting');
    const url = address(`api/chat/ws/${encodeURIComponent(this.id)}?stream=1&after=${this.cursor}`);
    url.protocol = url.protocol.replace('http', 'ws');
    // The token goes as a subprotocol: in an address it would end up in logs.
    this.token = account.token;
    const socket = new WebSocket(url, ['bearer', this.token ?? '']);
    const mine = (act) => (event) => {
      if (this.socket === socket && !this.closed) act(event);
    };
    this.socket = socket;
    socket.addEventListener('open', mine(() => this.opened()));
    socket.addEventListener('message', mine(({ data }) => this.received(data)));
    socket.addEventListener('close', mine(({ code }) => this.ended(code)));
    this.alive();
  }

  opened() {
    this.on.state('open');
    for (const id of this.outbox.keys()) this.sendText(id);
  }

  sendText(id) {
    const entry = this.outbox.get(id);
    entry.before = entry.sentOn !== null && entry.sentOn !== this.socket;
    entry.sentOn = this.socket;
    this.send({ type: 'text', content: entry.text, metadata: { client_id: id } });
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  /** Starts the wait for a sign of life anew. */
  alive() {
    clearTimeout(this.watch);
    const { socket } = this;
    this.watch = setTimeout(() => {
      if (this.socket !== socket) return;
      socket.close();
      this.ended(0);
    }, SILENCE_MS);
  }

  received(data) {
    this.alive();
    this.failures = 0;
    this.fresh = null;
    const frame = JSON.parse(data);
    const { seq, ack, client_id: own, details } = frame.metadata;
    if (frame.type === 'ping') return; // The browser answers the pings of the protocol itself.
    if (ack !== undefined) {
      this.acknowledged(ack, seq, frame);
    } else if (seq === undefined && frame.type === 'error') {
      this.refused(details?.client_id, frame);
    } else if (seq === undefined) {
      this.on.frame(frame);
    } else if (seq > this.cursor) {
      this.cursor = seq;
      // A text of ours whose acknowledgement was lost with the connection before.
      if (this.outbox.delete(own)) this.on.acked(own, seq, frame.timestamp);
      else this.on.frame(frame);
    }
  }

  acknowledged(id, seq, { timestamp }) {
    this.cursor = Math.max(this.cursor, seq);
    if (this.outbox.delete(id)) this.on.acked(id, seq, timestamp);
  }

  refused(id, frame) {
    const entry = this.outbox.get(id);
    const wait = frame.metadata.retry_after;
    if (entry?.before && wait) {
      // It may be on disk from the connection before; asking again under its name will tell.
      setTimeout(() => this.outbox.has(id) && this.isOpen() && this.sendText(id), wait * 1000);
      return;
    }
    this.outbox.delete(id);
    this.on.refused(id, entry?.text ?? null, frame.content, wait ?? null);
  }

  ended(code) {
    clearTimeout(this.watch);
    this.socket = null;
    if (code === 1009) this.tooBig();
    if (OVER[code]) this.over(OVER[code]);
    else if (code === 4003) this.signIn();
    else this.again(code === 4004 ? FLOOD_MS : this.backoff());
  }

  tooBig() {
    for (const [id, { text }] of this.outbox) {
      this.on.refused(id, text, 'This text is longer than the server takes.', null);
    }
    this.outbox.clear();
  }

  over(words) {
    for (const [id, { text }] of this.outbox) this.on.refused(id, text, words, null);
    this.outbox.clear();
    this.on.state('over', { words });
  }

  async signIn() {
    // A fresh token that is not let in either belongs to somebody who may not be here.
    if (this.fresh === this.token) {
      this.over('You may not take part in this conversation.');
      return;
    }
    this.on.state('connecting');
    // Somebody else may have asked meanwhile.
    if (account.token === this.token) await this.on.signIn();
    if (account.token === this.token) return;
    this.fresh = account.token;
    this.connect();
  }

  backoff() {
    const most = Math.min(BACKOFF_MS * 2 ** this.failures, BACKOFF_MAX_MS);
    this.failures += 1;
    return most * (0.5 + Math.random() / 2);
  }

  again(ms) {
    if (this.closed) return;
    this.on.state('waiting', { until: Date.now() + ms });
    this.timer = setTimeout(() => this.connect(), ms);
  }
}
