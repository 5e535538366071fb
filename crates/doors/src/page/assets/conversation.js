// One conversation on the screen: what happened in it, and what one says into it.

import { call } from './api.js';
import { announce, countdown } from './dom.js';
import { Live } from './live.js';
import { Answer, failure, line, said, stopped } from './message.js';

const PAGE = 1000;
/** What is not in the transcript yet comes behind all that is. */
const PENDING = Number.MAX_SAFE_INTEGER;

/**
 * Shows a session. `hooks.state`, `hooks.running` and `hooks.tokens` are told what changes,
 * `hooks.giveBack(text, words, wait)` gets a text that was not taken, and `hooks.signIn()` has to
 * bring a new token.
 */
export class Conversation {
  constructor(session, agents, transcript, hooks) {
    Object.assign(this, { session, agents, transcript, hooks });
    this.between = session.session_type === 'agent_agent';
    this.mine = new Map(); // texts that are not acknowledged, by our own name for them
    this.answers = new Map(); // answers in the making, by the number of what they answer
    this.open = new Set(); // the numbers of the texts that wait for their answers
    this.answered = new Set();
    this.tokens = 0;
    this.order = 0;
    transcript.clear();
    if (session.status === 'active') this.live = new Live(session.session_id, this.listener());
    else this.read();
  }

  listener() {
    return {
      frame: (frame) => this.frame(frame),
      acked: (id, seq, timestamp) => this.acked(id, seq, timestamp),
      refused: (id, text, words, wait) => this.refused(id, text, words, wait),
      state: (name, detail) => this.state(name, detail),
      signIn: () => this.hooks.signIn(),
    };
  }

  close() {
    this.closed = true;
    this.stopCounting?.();
    this.live?.close();
  }

  say(text) {
    const id = this.live.say(text);
    const shown = said(text, { label: this.label() });
    shown.note.textContent = 'sending…';
    this.mine.set(id, { ...shown, text });
    this.order += 1;
    this.transcript.put([PENDING, this.order], shown.node);
    this.transcript.toEnd();
  }

  stop() {
    this.live?.stop();
  }

  /** The transcript of a session that is over; nothing more will happen in it. */
  async read() {
    this.state('over', { words: 'This conversation is over.' });
    let after = 0;
    try {
      while (after !== null && !this.closed) {
        const path = `api/chat/sessions/${this.session.session_id}/messages?after=${after}&limit=${PAGE}`;
        const { messages, next } = await call('GET', path);
        if (this.closed) return;
        for (const frame of messages) this.frame(frame);
        after = messages.length < PAGE ? null : next;
      }
      this.settle();
    } catch (error) {
      this.couldNotRead(error);
    }
  }

  couldNotRead(error) {
    const node = line('', null, 'notice');
    this.transcript.put([PENDING, 0], node);
    const words = `The transcript could not be read: ${error.message}`;
    if (!error.retryAfter) node.firstChild.textContent = words;
    const again = () => {
      this.transcript.clear();
      if (!this.closed) this.read();
    };
    const each = (left) => {
      node.firstChild.textContent = `${words} Trying again in ${left} s.`;
    };
    if (error.retryAfter) this.stopCounting = countdown(error.retryAfter, each, again);
  }

  state(name, detail = {}) {
    if (this.closed) return;
    if (name === 'over') {
      this.over = true;
      this.settle();
      // Whoever opens it by its address has seen nothing of it yet.
      if (this.live && this.live.cursor === 0 && this.transcript.items.length === 0) {
        this.live.close();
        this.live = null;
        this.read();
      }
    }
    this.hooks.state(name, detail);
  }

  /** Nothing is being made any more. */
  settle() {
    for (const about of [...this.answers.keys()]) this.drop(about);
    this.open.clear();
    this.hooks.running(false);
  }

  frame(frame) {
    const { metadata } = frame;
    if (frame.type === 'info' && metadata.delta !== undefined) this.piece(frame);
    else if (frame.type === 'text') this.text(frame);
    else if (frame.type === 'response') this.response(frame);
    else if (frame.type === 'error') this.failed(frame);
    else if (frame.type === 'stop') this.stopped(frame);
    else if (frame.type === 'cooldown') this.cooldown(frame);
    else if (frame.type === 'system') this.notice(frame);
  }

  /** Answers stand below what they answer; between agents all stands as it came. */
  key({ metadata: { seq, reply_to: about } }) {
    return [this.between ? seq : (about ?? seq), seq];
  }

  label() {
    if (!this.between) return 'You';
    const [first, second] = this.agents;
    return `You, for ${first.name === second.name ? `${first.name} ${first.model}` : first.name}`;
  }

  speaker(id) {
    const place = this.agents.findIndex((agent) => agent.id === id);
    const agent = this.agents[place];
    const mark = this.between ? String(place + 1) : agent?.name[0]?.toUpperCase();
    return agent ? { ...agent, place, mark } : { name: id ?? 'Agent', model: null, place: 0, mark: '?' };
  }

  text(frame) {
    const shown = said(frame.content, { timestamp: frame.timestamp, label: this.label() });
    this.transcript.put(this.key(frame), shown.node);
    this.waitFor(frame.metadata.seq);
  }

  acked(id, seq, timestamp) {
    const mine = this.mine.get(id);
    this.mine.delete(id);
    if (!mine) return;
    mine.note.remove();
    this.transcript.remove(mine.node);
    const shown = said(mine.text, { timestamp, label: this.label() });
    this.transcript.put([seq, seq], shown.node);
    this.waitFor(seq);
  }

  refused(id, text, words, wait) {
    const mine = this.mine.get(id);
    this.mine.delete(id);
    if (mine) this.transcript.remove(mine.node);
    this.hooks.giveBack(text, words, wait);
  }

  /** Something was said, so there will be an answer: from the other agent, or from the only one. */
  waitFor(seq) {
    if (this.over || this.answered.has(seq)) return;
    if (this.between) this.open.clear();
    this.open.add(seq);
    this.hooks.running(true);
    if (!this.between) this.answer(seq, this.agents[0]?.id);
  }

  answer(about, sender) {
    let answer = this.answers.get(about);
    if (!answer) {
      answer = new Answer(this.speaker(sender));
      this.answers.set(about, answer);
      this.transcript.put([this.between ? PENDING - 1 : about, PENDING], answer.node);
    }
    return answer;
  }

  piece(frame) {
    const about = frame.metadata.reply_to;
    if (this.answered.has(about)) return;
    const answer = this.answer(about, frame.sender);
    this.open.add(about);
    if (!answer.take(frame.metadata) || answer.scheduled) return;
    answer.scheduled = true;
    requestAnimationFrame(() => {
      answer.scheduled = false;
      if (this.answers.get(about) === answer) answer.show();
    });
  }

  response(frame) {
    const { reply_to: about, seq, token_count: count, model, provider } = frame.metadata;
    const who = this.speaker(frame.sender);
    const answer = this.answers.get(about) ?? new Answer({ ...who, model: who.model ?? `${provider} ${model}` });
    this.answers.delete(about);
    answer.finish(frame);
    this.transcript.put(this.key(frame), answer.node);
    this.tokens += count ?? 0;
    this.hooks.tokens(this.tokens);
    announce(`${who.name}: ${(frame.content ?? '').slice(0, 600)}`);
    this.done(about);
    // Between agents an answer asks for the next.
    if (this.between) this.waitFor(seq);
  }

  done(about) {
    this.answered.add(about);
    this.open.delete(about);
    this.hooks.running(this.open.size > 0);
  }

  drop(about) {
    const answer = this.answers.get(about);
    if (answer) this.transcript.remove(answer.node);
    this.answers.delete(about);
  }

  failed(frame) {
    const about = frame.metadata.reply_to;
    const name = frame.sender ? this.speaker(frame.sender).name : null;
    this.drop(about);
    this.transcript.put(this.key(frame), failure(frame, name));
    announce(`${name ?? 'Error'}: ${frame.content}`);
    this.done(about);
    if (this.between) this.settle();
  }

  stopped(frame) {
    for (const about of this.open) this.answered.add(about);
    this.settle();
    const node = stopped(frame);
    this.transcript.put(this.key(frame), node);
    announce(node.firstChild.textContent);
  }

  notice(frame) {
    if (frame.metadata.notice === 'budget_reached') this.settle();
    this.transcript.put(this.key(frame), line(frame.content ?? '', frame.timestamp));
    announce(frame.content ?? '');
  }

  cooldown(frame) {
    const node = line('', frame.timestamp, 'notice cooldown');
    const { name } = this.speaker(frame.sender);
    const passed = (Date.now() - new Date(frame.timestamp).getTime()) / 1000;
    const left = Math.ceil(frame.metadata.cooldown_remaining - Math.max(0, passed));
    const done = () => {
      node.firstChild.textContent = `${name} had used up its tokens for the minute.`;
    };
    this.transcript.put(this.key(frame), node);
    if (left <= 0) return done();
    this.stopCounting?.();
    const each = (s) => {
      node.firstChild.textContent = `${name} has used up its tokens for the minute and goes on in ${s} s.`;
    };
    this.stopCounting = countdown(left, each, done);
    announce(node.firstChild.textContent);
    return undefined;
  }
}
