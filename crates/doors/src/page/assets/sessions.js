// The list of conversations at the side, and its drawer on narrow screens.

import { call } from './api.js';
import { byId, el, icon, moment } from './dom.js';
import { nameOf } from './agents.js';

const list = byId('sessions');
const side = byId('side');
const menu = byId('menu');
/** The most that are shown: who has more looks for them by other means. */
const MOST = 200;

let sessions = [];
let present = null;

/** Asks the server for the conversations there are, newest first. */
export async function loadSessions() {
  const answer = await call('GET', 'api/chat/sessions');
  sessions = answer.sessions.toReversed();
  show();
}

export const find = (id) => sessions.find((session) => session.session_id === id);

export function add(session) {
  sessions = [session, ...sessions.filter(({ session_id: id }) => id !== session.session_id)];
  show();
}

export function forget(id) {
  sessions = sessions.filter((session) => session.session_id !== id);
  show();
}

export function markOver(id) {
  const session = find(id);
  if (!session || session.status !== 'active') return;
  session.status = 'expired';
  show();
}

export function markPresent(id) {
  present = id;
  show();
}

/** The agents of a session in the order of their turns, with the names for people. */
export function agentsOf(session) {
  const agents = new Map();
  for (const agent of Object.values(session.agents)) agents.set(agent.agent_id, agent);
  const places = [...agents.values()].sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
  return places.map((agent) => ({ ...agent, id: agent.agent_id, ...nameOf(agent) }));
}

/** What a conversation is called: what it began with, or who takes part. */
export function titleOf(session) {
  const { title } = session.metadata;
  return typeof title === 'string' && title.trim() ? title : who(session);
}

export function who(session) {
  const label = ({ name, model }) => (model && model !== name ? `${name} ${model}` : name);
  return agentsOf(session).map(label).join(' ↔ ');
}

function show() {
  byId('no-sessions').hidden = sessions.length > 0;
  list.replaceChildren(...sessions.slice(0, MOST).map(entry));
}

function entry(session) {
  const { session_id: id, status, session_type: kind, created_at: at } = session;
  const active = status === 'active';
  const link = el(
    'a',
    { href: `#${id}`, class: active ? null : 'over', 'aria-current': id === present ? 'page' : null },
    icon(kind === 'agent_agent' ? 'pair' : 'chat'),
    el('span', { class: 'title' }, titleOf(session)),
    el('span', { class: 'about' }, `${who(session)} · ${active ? moment(at) : 'over'}`),
  );
  return el('li', {}, link);
}

/** Opens the drawer, or closes it. On wide screens the list is always there. */
export function drawer(open) {
  if (open === side.classList.contains('open')) return;
  side.classList.toggle('open', open);
  menu.setAttribute('aria-expanded', String(open));
  byId('main').inert = open;
  if (open) side.querySelector('a, button').focus();
  else menu.focus();
}

export const drawerIsOpen = () => side.classList.contains('open');

menu.addEventListener('click', () => drawer(!drawerIsOpen()));
byId('scrim').addEventListener('click', () => drawer(false));
matchMedia('(min-width: 820px)').addEventListener('change', () => drawer(false));
