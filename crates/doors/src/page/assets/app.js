// The page: which conversation is on the screen, and what the keys and buttons do.

import { choose, chosen, loadChoices, showSeats } from './agents.js';
import { account, call, logout, onSignedOut } from './api.js';
import * as composer from './composer.js';
import { Conversation } from './conversation.js';
import { announce, byId, countdown, el } from './dom.js';
import { words } from './message.js';
import * as sessions from './sessions.js';
import { signIn } from './sign-in.js';
import { Transcript } from './transcript.js';

const TITLE_MAX = 60;
/** What to try, by what kind of conversation is chosen. */
const EXAMPLES = {
  echo: [['Say hello', 'Hello! Who is there?']],
  script: [
    [
      'See an answer being written',
      'stream 30 ## How it works\nsay \ndelay 300\nstream 60 A text is **on disk** before it is acknowledged, and an answer comes in *pieces*:\nsay \nstream 20 - you write,\nstream 20 - the agent answers,\nstream 20 - everybody who watches sees it.\nsay \nstream 40 `say`, `stream` and `delay` are commands of this demo.',
    ],
    ['See an error', 'fail 500'],
  ],
  between: [['Let them greet each other', 'Hello from the other side!']],
};

const transcript = new Transcript();
let conversation = null;
let isRunning = false;

const routeId = () => decodeURIComponent(location.hash.slice(1));
const between = () => document.querySelector('input[name="kind"]:checked').value === 'agent_agent';

function leave() {
  conversation?.close();
  conversation = null;
  running(false);
  composer.complain('');
}

/** Shows what the address names. */
async function route() {
  const id = routeId();
  if (conversation?.session.session_id === id && id) return;
  leave();
  sessions.markPresent(id);
  if (sessions.drawerIsOpen()) sessions.drawer(false);
  if (!id) {
    showStart();
    return;
  }
  try {
    const session = sessions.find(id) ?? (await call('GET', `api/chat/sessions/${encodeURIComponent(id)}`));
    if (routeId() === id) open(session);
  } catch (error) {
    showStart();
    history.replaceState(null, '', location.pathname);
    composer.complain(error.status === 404 ? 'There is no such conversation.' : error.message, error.retryAfter);
  }
}

function open(session) {
  const id = session.session_id;
  const agents = sessions.agentsOf(session);
  document.body.dataset.view = 'conversation';
  document.title = `${sessions.titleOf(session)} · Switchboard`;
  byId('title').textContent = sessions.titleOf(session);
  byId('participants').textContent = sessions.who(session);
  byId('tokens').textContent = '';
  byId('over').hidden = true;
  const names = agents.map(({ name }) => name);
  const pair = session.session_type === 'agent_agent';
  const placeholder = pair ? 'Say something to both' : `Write to ${names[0]}`;
  composer.present({ placeholder });
  sessions.markPresent(id);
  conversation = new Conversation(session, agents, transcript, {
    state: (name, detail) => showState(session, name, detail),
    running,
    tokens: (count) => {
      byId('tokens').textContent = words(count);
    },
    giveBack: composer.giveBack,
    signIn,
  });
  composer.focus();
}

function showStart() {
  document.body.dataset.view = 'start';
  document.title = 'Switchboard';
  byId('title').textContent = 'New conversation';
  byId('participants').textContent = '';
  byId('tokens').textContent = '';
  byId('over').hidden = true;
  byId('state').hidden = true;
  transcript.clear();
  choiceChanged();
  composer.focus();
}

function choiceChanged() {
  if (document.body.dataset.view !== 'start') return;
  const pair = between();
  showSeats(pair);
  byId('start-words').textContent = pair
    ? 'Your first text counts as the first agent’s. The second answers, and they take turns until they are done or you stop them.'
    : 'Choose who answers, and write.';
  composer.present({
    placeholder: pair ? 'The text that opens the dialogue' : 'Write a message',
    button: pair ? 'Start' : 'Send',
  });
  const models = Object.values(chosen(pair)).filter(({ provider }) => provider === 'demo');
  const examples = pair ? (models.length === 2 ? EXAMPLES.between : []) : (EXAMPLES[models[0]?.model] ?? []);
  const button = ([label, text]) =>
    el('button', { type: 'button', class: 'chip', onclick: () => composer.suggest(text) }, label);
  byId('examples').replaceChildren(...examples.map(button));
}

/** Sends a text into the conversation; the first one makes it. */
async function send(text) {
  if (conversation) {
    conversation.say(text);
    return;
  }
  const pair = between();
  const line = text.trim().split('\n', 1)[0];
  const title = line.length > TITLE_MAX ? `${line.slice(0, TITLE_MAX)}…` : line;
  const session = await call('POST', 'api/chat/sessions/create', {
    session_type: pair ? 'agent_agent' : 'human_agent',
    agents: chosen(pair),
    metadata: { title },
  });
  sessions.add(session);
  open(session);
  history.pushState(null, '', `#${session.session_id}`);
  conversation.say(text);
}

function running(is) {
  if (is !== isRunning) document.body.classList.toggle('running', is);
  isRunning = is;
  composer.running(is);
}

let stopWaiting = () => {};

function showState(session, name, detail) {
  stopWaiting();
  const state = byId('state');
  const show = (text) => {
    state.lastElementChild.textContent = text;
  };
  state.hidden = false;
  state.dataset.state = name;
  if (name === 'open') show('Connected');
  else if (name === 'connecting') show('Connecting…');
  else if (name === 'waiting') {
    const each = (left) => show(left > 0 ? `Reconnecting in ${left} s` : 'Reconnecting…');
    stopWaiting = countdown((detail.until - Date.now()) / 1000, each);
    announce('The connection is interrupted. Reconnecting.');
  } else if (name === 'over') {
    show('Over');
    sessions.markOver(session.session_id);
    composer.present({ placeholder: '', enabled: false });
    byId('over').hidden = false;
    byId('over-words').textContent = detail.words;
  }
}

/** The same agents once more, in a new conversation. */
function anew() {
  const { session } = conversation;
  const agents = sessions.agentsOf(session);
  byId(`kind-${session.session_type}`).checked = true;
  choose(Object.values(session.agents).length ? agents.map(asChosen(session)) : []);
  location.hash = '';
}

/** An agent with the names that the server knows, not those for people. */
const asChosen = (session) => (agent) =>
  Object.values(session.agents).find(({ agent_id: id }) => id === agent.id);

let sure = null;

/** Deletes at the second press, so that nobody does it by mistake. */
async function remove(button) {
  if (!sure) {
    button.textContent = 'Really delete?';
    sure = setTimeout(() => calm(button), 4000);
    return;
  }
  calm(button);
  const id = conversation.session.session_id;
  try {
    await call('DELETE', `api/chat/sessions/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error.status !== 404) {
      composer.complain(error.message, error.retryAfter);
      return;
    }
  }
  sessions.forget(id);
  location.hash = '';
}

function calm(button) {
  clearTimeout(sure);
  sure = null;
  button.textContent = 'Delete';
}

async function signOut() {
  leave();
  await logout();
  location.assign(location.pathname);
}

/** Brings what the page needs; without it there is nothing to choose from. */
async function load() {
  byId('user').textContent = account.user;
  try {
    await Promise.all([loadChoices(), sessions.loadSessions()]);
  } catch (error) {
    composer.complain(error.message, error.retryAfter ?? 3);
    setTimeout(load, (error.retryAfter ?? 3) * 1000);
    return;
  }
  await route();
}

composer.onComposer({ send, stop: () => conversation?.stop() });
onSignedOut(signIn);
addEventListener('hashchange', route);
addEventListener('agents-changed', choiceChanged);
for (const radio of document.querySelectorAll('input[name="kind"]')) {
  radio.addEventListener('change', choiceChanged);
}
document.addEventListener('click', (event) => {
  const { target } = event;
  const act = target.closest?.('[data-act]')?.dataset.act;
  if (act === 'sign-out') signOut();
  else if (act === 'delete') remove(target.closest('[data-act]'));
  else if (act === 'anew') anew();
  else if (act === 'skip') {
    event.preventDefault(); // The address names the conversation.
    byId('text').focus();
  } else if (act === 'new') {
    if (!routeId()) route();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open]')) return;
  if (sessions.drawerIsOpen()) sessions.drawer(false);
  else if (isRunning) conversation?.stop();
});

document.body.dataset.view = 'start';
choiceChanged();
if (!account.token) await signIn();
await load();
