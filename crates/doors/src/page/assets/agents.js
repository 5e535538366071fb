// Choosing the agents of a conversation.

import { call } from './api.js';
import { byId, el } from './dom.js';

/** The provider under which agents that somebody registered are found. */
const REGISTERED = 'agent';
const OTHER = '\u0000other';
const HINTS = {
  'demo/echo': 'Says what it is told. It works without any key.',
  'demo/script': 'Does what it is told, line by line: say, stream, delay, fail, exit.',
};

let providers = {};
let registered = [];

/** Asks the server what there is to choose from. */
export async function loadChoices() {
  providers = await call('GET', 'api/chat/providers');
  const list = await call('GET', 'api/agents/list').catch(() => ({ agents: [] }));
  registered = list.agents;
  for (const seat of seats) seat.fill();
}

/** What an agent of a session is called: what its owner calls it, or its provider's name. */
export function nameOf({ provider, model }) {
  const known = provider === REGISTERED && registered.find(({ agent_id: id }) => id === model);
  if (known) return { name: known.name, model: `${known.provider} ${known.model}` };
  return { name: providers[provider]?.name ?? provider, model };
}

/** The form fields for one agent. */
class Seat {
  constructor(key, legend) {
    this.key = key;
    const id = (name) => `${key}-${name}`;
    this.provider = el('select', { id: id('provider'), onchange: () => this.models() });
    this.model = el('select', { id: id('model'), onchange: () => this.changed() });
    this.other = el('input', { id: id('other'), type: 'text', maxlength: 200, 'aria-label': 'Name of the model', placeholder: 'Name of the model', hidden: true, autocomplete: 'off', spellcheck: 'false' });
    this.personality = el('textarea', { id: id('personality'), rows: 3, maxlength: 20000, placeholder: 'You are a patient teacher…' });
    this.hint = el('p', { class: 'hint', 'aria-live': 'polite' });
    const field = (name, label, ...controls) => el('div', { class: 'field' }, el('label', { for: id(name) }, label), ...controls);
    this.legend = el('legend', {}, legend);
    this.node = el(
      'fieldset',
      { class: 'seat' },
      this.legend,
      el('div', { class: 'pair' }, field('provider', 'Provider', this.provider), field('model', 'Model', this.model, this.other)),
      this.hint,
      el('details', {}, el('summary', {}, 'Instructions'), field('personality', 'What the agent should be like', this.personality)),
    );
  }

  fill() {
    const before = this.provider.value;
    const names = Object.entries(providers).map(([id, { name }]) => el('option', { value: id }, name));
    if (registered.length) names.push(el('option', { value: REGISTERED }, 'Registered agents'));
    this.provider.replaceChildren(...names);
    this.provider.value = before && (providers[before] || before === REGISTERED) ? before : 'demo';
    if (!this.provider.value) this.provider.selectedIndex = 0;
    this.models();
  }

  models() {
    const { value } = this.provider;
    const options =
      value === REGISTERED
        ? registered.map(({ agent_id: id, name }) => el('option', { value: id }, name))
        : (providers[value]?.models ?? []).map((model) => el('option', { value: model }, model));
    if (value !== REGISTERED && value !== 'demo') options.push(el('option', { value: OTHER }, 'Another…'));
    this.model.replaceChildren(...options);
    const usual = providers[value]?.default_model;
    if (usual && options.some((option) => option.value === usual)) this.model.value = usual;
    this.changed();
  }

  changed() {
    this.other.hidden = this.model.value !== OTHER;
    this.hint.textContent = HINTS[`${this.provider.value}/${this.model.value}`] ?? '';
    dispatchEvent(new CustomEvent('agents-changed'));
  }

  /** The agent as the API wants it. */
  value() {
    const model = this.model.value === OTHER ? this.other.value.trim() : this.model.value;
    const personality = this.personality.value.trim();
    return { provider: this.provider.value, ...(model && { model }), ...(personality && { personality }) };
  }

  set({ provider, model, personality }) {
    this.provider.value = provider;
    if (!this.provider.value) return;
    this.models();
    this.model.value = model;
    if (!this.model.value) {
      this.model.value = OTHER;
      this.other.value = model;
    }
    this.personality.value = personality ?? '';
    this.changed();
  }
}

const seats = [new Seat('first', 'Agent'), new Seat('second', 'Second agent')];
byId('seats').append(...seats.map(({ node }) => node));

/** Shows one place or two. */
export function showSeats(between) {
  seats[0].legend.textContent = between ? 'First agent' : 'Agent';
  seats[1].node.hidden = !between;
}

/** The agents that are chosen, by their keys and in the order of their turns. */
export function chosen(between) {
  const used = between ? seats : seats.slice(0, 1);
  return Object.fromEntries(used.map((seat) => [seat.key, seat.value()]));
}

/** Chooses what a session had. */
export function choose(agents) {
  agents.forEach((agent, n) => seats[n]?.set(agent));
}
