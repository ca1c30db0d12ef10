// The configuration in force, where each value comes from, what the files say by now, and what taking them over would do.

import { h } from './dom.js';
import { get, post } from './api.js';
import { redraw } from './store.js';
import { act, dialog, grid, moment, pill, say } from './parts.js';

export const title = 'Config';

const state = { loaded: false, values: [], preview: null, audit: [], find: '', set: true };

export async function enter() {
  const [config, preview, audit] = await Promise.all([get('config'), get('config/preview'), get('audit?limit=50')]);
  Object.assign(state, { loaded: true, values: config.values, preview, audit: audit.entries });
}

const again = async () => { await enter(); redraw(); };

export function view() {
  if (!state.loaded) return h('p', { class: 'empty' }, 'Reading …');
  const { preview } = state;
  const same = preview.changes.length === 0;
  return [
    h('section', { class: 'panel files' },
      h('header', { class: 'row' },
        h('h2', {}, 'Files and what is in force'),
        preview.valid ? pill(same ? 'ok' : 'warn', same ? 'the same' : `${preview.changes.length} ${preview.changes.length === 1 ? 'value differs' : 'values differ'}`) : pill('bad', 'the files have errors'),
        h('span', { class: 'grow' }),
        act('Read the files again', 'Read the files again', again, 'quiet'),
        act('Reload …', 'Reload …', reload, 'primary')),
      preview.problems.length ? h('ul', { class: 'problems' }, preview.problems.map((problem, index) => h('li', { key: index, class: problem.severity === 'error' ? 'bad' : 'warn' }, problem.text))) : h('p', { class: 'note' }, 'No problems were found in the files.'),
      effects(preview), changes(preview)),
    h('section', { class: 'panel' },
      h('header', { class: 'row' }, h('h2', {}, 'In force'),
        h('input', { type: 'search', placeholder: 'pools.smart, timeout …', 'aria-label': 'Find values', oninput: event => { state.find = event.target.value; redraw(); } }),
        h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: state.set, onchange: event => { state.set = event.target.checked; redraw(); } }), 'only what is set')),
      values()),
    h('section', { class: 'panel' }, h('h2', {}, 'What administrators did'), grid('What administrators did', [
      ['When', entry => moment(entry.at), 'mono', '11rem'], ['What', entry => entry.action, '', '9rem'], ['On', entry => entry.subject, 'mono', 'minmax(8rem, 1fr)'], ['Detail', entry => entry.detail], ['From', entry => entry.source, 'mono', '8rem'],
    ], state.audit, { keyOf: entry => String(entry.id) })),
  ];
}

const effects = preview => preview.effects.length === 0 ? null : h('div', { class: 'effects' }, h('h3', {}, 'A reload would have these effects'),
  h('ul', {}, preview.effects.map((effect, index) => h('li', { key: index, class: /locks out|opens? nothing|gone/.test(effect) ? 'bad' : '' }, effect))));

function changes(preview) {
  if (preview.changes.length === 0) return null;
  return [
    h('h3', {}, 'How the files differ'),
    h('ul', { class: 'diff' }, gathered(preview.changes).slice(0, 300).map(change => h('li', { key: change.path },
      h('code', {}, change.path), change.needs_restart ? pill('warn', 'waits for a restart') : null, change.file ? h('small', {}, ` ${change.file.split('/').at(-1)}:${change.line}`) : null,
      change.kind === 'added' ? null : h('del', {}, h('span', { class: 'hidden' }, 'in force: '), change.before ?? 'none'),
      change.kind === 'removed' ? null : h('ins', {}, h('span', { class: 'hidden' }, 'in the files: '), change.after ?? 'none')))),
  ];
}

// A pool, model or provider that comes or goes is one line, not one for each of its values.
function gathered(all) {
  const whole = all.filter(({ kind, path }) => kind !== 'changed' && /^(pools\..+\.strategy|models\..+\.provider|providers\..+\.protocol)$/.test(path))
    .map(({ kind, path, file, line }) => ({ kind, prefix: path.slice(0, path.lastIndexOf('.') + 1), file, line }));
  const within = change => whole.find(each => change.kind === each.kind && change.path.startsWith(each.prefix));
  return [
    ...whole.map(({ kind, prefix, file, line }) => {
      const many = `${all.filter(change => within(change)?.prefix === prefix).length} values`;
      return { kind, path: prefix.slice(0, -1), file, line, before: many, after: many };
    }),
    ...all.filter(change => !within(change)),
  ];
}

async function reload() {
  // What is shown is what holds now, not what held when the view was opened.
  const preview = await get('config/preview');
  state.preview = preview;
  const go = await dialog('Reload the configuration?', close => [
    preview.valid ? null : h('p', { class: 'bad' }, 'The files have errors: a reload would change nothing.'),
    preview.valid && preview.changes.length === 0 ? h('p', {}, 'The files say what is in force already. A reload still reads keys and certificates again.') : null,
    effects(preview) ?? (preview.changes.length ? h('p', {}, 'No client would notice.') : null),
    preview.changes.length ? h('details', { open: true }, h('summary', {}, `${preview.changes.length} values change`), changes(preview)) : null,
    h('p', { class: 'row end' }, h('button', { type: 'button', onclick: () => close(false) }, 'Cancel'),
      preview.valid ? h('button', { type: 'button', class: preview.effects.length ? 'danger' : 'primary', onclick: () => close(true) }, 'Reload') : null),
  ]);
  if (!go) return;
  const { warnings } = await post('reload');
  say(warnings.length ? `Reloaded, with ${warnings.length} warnings.` : 'Reloaded.');
  await again();
}

function values() {
  const find = state.find.toLowerCase();
  const shown = state.values.filter(value => (!state.set || value.origin.source !== 'default') && (!find || `${value.path} ${text(value)}`.toLowerCase().includes(find)));
  return grid('Values in force', [
    ['Value', value => h('code', {}, value.path), '', 'minmax(12rem, 1.4fr)'],
    ['In force', value => value.secret ? pill(value.secret === 'present' ? 'note' : 'off', value.secret) : text(value), 'mono', 'minmax(8rem, 1fr)'],
    ['From', value => value.origin.source === 'default' ? h('small', {}, 'default') : h('small', {}, value.origin.variables ? `${value.origin.variables.map(name => `$${name}`).join(', ')} in ` : '', `${value.origin.file}:${value.origin.line}`), '', 'minmax(8rem, 1fr)'],
  ], shown.slice(0, 500), { keyOf: value => value.path, empty: 'No value is like that.' });
}

const text = value => value.value === null || value.value === undefined ? value.secret ?? '–' : Array.isArray(value.value) ? value.value.join(', ') || '–' : String(value.value);
