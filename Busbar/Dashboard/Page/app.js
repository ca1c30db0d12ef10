// Lets a person in, and shows the view that the address names after '#'.

import { draw, h } from './dom.js';
import { get, setToken } from './api.js';
import { end, known, onChange, redraw, start } from './store.js';
import { say, span } from './parts.js';
import * as now from './now.js';
import * as money from './money.js';
import * as keys from './keys.js';
import * as config from './config.js';
import * as trial from './try.js';

const views = { now, money, keys, config, try: trial };
const icons = {
  now: 'M3 12h4l3-8 4 16 3-8h4', money: 'M4 20V10m5 10V4m6 16v-8m5 8V7', keys: 'M14 10a4 4 0 1 1-3-3.9L20 6v3h-2v3h-3l-1-2', config: 'M4 7h10m4 0h2M4 17h2m4 0h10M14 4v6M8 14v6', try: 'M5 4l15 8-15 8 3-8z',
};

const gate = document.getElementById('gate');
const app = document.getElementById('app');
const form = document.getElementById('login');
const input = document.getElementById('token');
const refused = document.getElementById('refused');
let entered = '';

form.onsubmit = async event => {
  event.preventDefault();
  setToken(input.value);
  input.value = '';
  refused.textContent = '';
  try {
    await get('status');
    gate.hidden = true;
    app.hidden = false;
    onChange(render);
    render();
    await start();
    go();
  } catch (error) {
    lock(error.status === 401 ? 'This token opens nothing.' : error.message);
  }
};

addEventListener('busbar-locked', event => { if (!app.hidden) lock(event.detail); });
addEventListener('hashchange', go);

// The token is forgotten, and with it everything that it showed.
function lock(why) {
  setToken('');
  end();
  for (const box of document.querySelectorAll('dialog')) box.close();
  draw(app);
  app.hidden = true;
  gate.hidden = false;
  entered = '';
  refused.textContent = why ?? '';
  input.focus();
}

const current = () => views[location.hash.slice(1)] ? location.hash.slice(1) : 'now';

function go() {
  if (app.hidden) return;
  const name = current();
  if (entered !== name) {
    entered = name;
    document.title = `${views[name].title} · Busbar`;
    views[name].enter?.().catch(error => say(error.message, true)).finally(redraw);
    document.querySelector('main.view')?.scrollTo?.(0, 0);
  }
  redraw();
}

function render() {
  if (app.hidden) return;
  const name = current();
  const { version, uptime_secs: uptime, usable_lanes: usable, lanes } = known.status;
  const states = { live: ['ok', 'live'], paused: ['off', 'paused'], connecting: ['warn', 'connecting'], reconnecting: ['bad', 'reconnecting'] };
  draw(app,
    h('header', { class: 'top' },
      h('a', { class: 'skip', href: '#now', onclick: event => { event.preventDefault(); document.getElementById('view').focus(); } }, 'Skip to the content'),
      h('a', { class: 'brand', href: '#now', 'aria-label': 'Busbar' }, h('img', { src: 'ui/icon.svg', alt: '', width: 24, height: 24 }), h('span', {}, 'Busbar')),
      h('nav', { 'aria-label': 'Views' }, Object.entries(views).map(([key, view]) => h('a', { key, href: `#${key}`, 'aria-current': key === name ? 'page' : null },
        h('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, h('path', { d: icons[key] })), h('span', {}, view.title)))),
      h('div', { class: 'facts' },
        h('span', { class: `dot ${states[known.state][0]}`, role: 'status' }, states[known.state][1]),
        version ? h('span', { class: 'quietfact' }, `${version} · up ${span(uptime)} · ${usable} of ${lanes} lanes`) : null,
        h('button', { type: 'button', class: 'quiet', onclick: () => lock('') }, 'Lock'))),
    h('main', { id: 'view', class: `view ${name}`, tabindex: -1, key: name }, h('h1', { class: 'hidden' }, views[name].title), views[name].view()),
    h('div', { id: 'said', role: 'status', 'aria-live': 'polite', own: true }));
}
