// Virtual keys: made, shown once, rotated, frozen, revoked, and set up in clients.

import { h } from './dom.js';
import { get, patch, post, put, remove } from './api.js';
import { known, redraw } from './store.js';
import { act, button, cents, confirm, copyable, day, dialog, field, grid, pill, say, select } from './parts.js';
import { setup } from './setup.js';

export const title = 'Keys';

const state = { loaded: false, keys: [], next: null, groups: [], address: '', find: '' };

export async function enter() {
  const [page, groups, config] = await Promise.all([get('keys?limit=200'), get('groups'), get('config')]);
  Object.assign(state, { loaded: true, keys: page.keys, next: page.next_cursor, groups: groups.groups, address: addressOf(config.values) });
}

// The page may have come from a port of its own, or through a proxy; then the address is a guess that the person can change.
function addressOf(values) {
  const value = path => values.find(each => each.path === path)?.value;
  if (!value('governance.admin_listen')) return location.origin;
  const listen = [value('listen')].flat()[0] ?? '';
  return `${value('tls.cert_file') ? 'https' : 'http'}://${location.hostname}:${listen.slice(listen.lastIndexOf(':') + 1)}`;
}

const names = () => [...Object.keys(known.pools), ...known.lanes.filter(lane => lane.key === 0).map(lane => lane.model)];
const poolsOf = key => key.allowed_pools.length ? key.allowed_pools : names();
const groupOf = key => { const path = []; for (let id = key.group_id; id && path.length < 20;) { const group = state.groups.find(each => each.id === id); if (!group) break; path.unshift(group.name); id = group.parent_id; } return path.join(' / '); };
const again = async () => { await enter(); redraw(); };

export function view() {
  if (!state.loaded) return h('p', { class: 'empty' }, 'Reading keys …');
  const find = state.find.toLowerCase();
  const shown = state.keys.filter(key => !find || [key.id, key.name, key.group, ...key.allowed_pools, ...Object.values(key.labels)].some(text => text?.toLowerCase().includes(find)));
  return [
    h('div', { class: 'row controls' },
      button('Create a key', create, { class: 'primary' }),
      h('input', { type: 'search', placeholder: 'Name, id, group, label …', 'aria-label': 'Find keys', oninput: event => { state.find = event.target.value; redraw(); } }),
      h('p', { class: 'note' }, `${shown.length} of ${known.status.keys ?? state.keys.length} keys`)),
    h('section', { class: 'panel' }, grid('Keys', [
      ['Name', key => h('span', {}, h('strong', {}, key.name), h('small', { class: 'mono block' }, key.id)), '', 'minmax(9rem, 1.2fr)'],
      ['Group', key => groupOf(key) || '–', '', 'minmax(6rem, 1fr)'],
      ['State', key => key.blocked ? pill('bad', 'blocked', 'Its budget could not be read when the process began') : !key.enabled ? pill('off', 'frozen') : key.expires_at && key.expires_at < Date.now() / 1000 ? pill('off', 'expired') : pill('ok', 'active'), '', '5.5rem'],
      ['May use', key => key.allowed_pools.join(', ') || 'everything', '', 'minmax(7rem, 1.2fr)'],
      ['Limits', key => limits(key).join(' · ') || 'none', '', 'minmax(8rem, 1.3fr)'],
      ['', key => h('span', { class: 'acts' },
        act('Set up', `Set up ${key.name} in a client`, () => show(key, null), 'quiet'),
        act('Rotate', `Rotate ${key.name}`, () => rotate(key), 'quiet'),
        act(key.enabled ? 'Freeze' : 'Unfreeze', `${key.enabled ? 'Freeze' : 'Unfreeze'} ${key.name}`, async () => { await patch(`keys/${key.id}`, { enabled: !key.enabled }); say(`${key.name} is ${key.enabled ? 'frozen' : 'active again'}.`); await again(); }, 'quiet'),
        act(key.access_key_id ? 'AWS pair' : 'Add AWS pair', `${key.access_key_id ? 'AWS pair' : 'Add AWS pair'}: ${key.name}`, () => pair(key), 'quiet'),
        act('Revoke', `Revoke ${key.name}`, () => revoke(key), 'quiet danger')), 'actions', '25.5rem'],
    ], shown, { keyOf: key => key.id, empty: state.keys.length ? 'No key is like that.' : 'There are no keys yet. Clients need one: create it here.' }),
    state.next ? h('p', { class: 'row' }, act('Show more', 'Show more keys', async () => { const page = await get(`keys?limit=200&cursor=${encodeURIComponent(state.next)}`); state.keys.push(...page.keys); state.next = page.next_cursor; })) : null),
  ];
}

function limits(key) {
  return [
    key.max_budget_cents !== null ? `${cents(key.max_budget_cents)} ${key.budget_period}` : null,
    key.rpm_limit !== null ? `${key.rpm_limit} requests/min` : null, key.tpm_limit !== null ? `${key.tpm_limit} tokens/min` : null, key.max_concurrent !== null ? `${key.max_concurrent} at once` : null,
    ...key.limits.map(limit => `${limit.max_cents !== undefined ? cents(limit.max_cents) : limit.max} ${limit.kind} per ${limit.window}${limit.pool ? ` on ${limit.pool}` : ''}`),
    key.expires_at ? `until ${day(key.expires_at)}` : null,
  ].filter(Boolean);
}

async function create() {
  const made = await dialog('Create a key', (close, update) => {
    const submit = async event => {
      event.preventDefault();
      const data = new FormData(event.target);
      const whole = name => data.get(name) ? Number(data.get(name)) : undefined;
      const body = {
        name: data.get('name'), group_id: data.get('group') || undefined, allowed_pools: data.getAll('pool'),
        max_budget_cents: data.get('budget') ? Math.round(Number(data.get('budget')) * 100) : undefined, budget_period: data.get('period'),
        rpm_limit: whole('rpm'), tpm_limit: whole('tpm'), max_concurrent: whole('concurrent'),
        expires_at: data.get('expires') ? Date.parse(`${data.get('expires')}T00:00:00Z`) / 1000 : undefined,
      };
      if (!body.allowed_pools.length) delete body.allowed_pools;
      try { close(await post('keys', body)); } catch (error) { update.problem = error.message; say(error.message, true); }
    };
    const amount = (name, label, hint) => field(label, h('input', { name, type: 'number', min: 1, step: name === 'budget' ? 'any' : 1, placeholder: 'no limit' }), hint);
    return h('form', { onsubmit: submit, class: 'fields' },
      field('Name', h('input', { name: 'name', required: true, maxlength: 200, autocomplete: 'off', autofocus: true }), 'Who uses it: a person, a team, a program.'),
      field('Group', h('select', { name: 'group' }, h('option', { value: '' }, 'none'), state.groups.map(group => h('option', { value: group.id, key: group.id }, groupOf({ group_id: group.id }))))),
      h('fieldset', {}, h('legend', {}, 'May use (none chosen: everything)'), names().slice(0, 60).map(name => h('label', { class: 'check', key: name }, h('input', { type: 'checkbox', name: 'pool', value: name }), name))),
      amount('budget', 'Budget in dollars'), field('Period', h('select', { name: 'period' }, ['monthly', 'daily', 'total'].map(value => h('option', { value }, value)))),
      amount('rpm', 'Requests a minute'), amount('tpm', 'Tokens a minute'), amount('concurrent', 'Requests at once'),
      field('Expires', h('input', { name: 'expires', type: 'date' })),
      h('p', { class: 'row end' }, button('Cancel', () => close()), h('button', { class: 'primary' }, 'Create')));
  });
  if (!made) return;
  await again();
  await show(made, made.secret);
}

async function rotate(key) {
  const rotated = await dialog(`Rotate ${key.name}`, close => h('form', {
    class: 'fields', onsubmit: async event => {
      event.preventDefault();
      try { close(await post(`keys/${key.id}/rotate`, { overlap_seconds: Number(new FormData(event.target).get('overlap')) })); } catch (error) { say(error.message, true); }
    },
  },
  h('p', {}, 'The key gets another secret. The present one goes on for as long as you say, so that clients can be changed one after the other.'),
  field('The present secret works for', select([['0', 'not a moment longer'], ['3600', 'an hour'], ['86400', 'a day'], ['604800', 'a week']], { name: 'overlap', chosen: '3600' })),
  h('p', { class: 'row end' }, button('Cancel', () => close()), h('button', { class: 'primary' }, 'Rotate'))));
  if (!rotated) return;
  await again();
  await show(rotated, rotated.secret);
}

async function revoke(key) {
  if (!await confirm(`Revoke ${key.name}?`, h('p', {}, 'The key stops working at once and cannot be brought back. What it has used stays in the books. To stop it for a while, freeze it.'), 'Revoke')) return;
  await remove(`keys/${key.id}`);
  say(`${key.name} is revoked.`);
  await again();
}

async function pair(key) {
  if (key.access_key_id) {
    if (!await confirm(`Take the AWS pair from ${key.name}?`, h('p', {}, `Clients that sign with ${key.access_key_id} are refused from now on. Its secret cannot be shown again; take the pair away and add another one instead.`), 'Take away')) return;
    await remove(`keys/${key.id}/access-key`);
    say('The pair is gone.');
    await again();
    return;
  }
  const access = await put(`keys/${key.id}/access-key`);
  await again();
  await dialog(`AWS pair of ${key.name}`, (close, update) => [
    h('p', { class: 'once' }, 'The secret is shown this once. Copy it now.'),
    copyable(`AWS_ACCESS_KEY_ID=${access.access_key_id}\nAWS_SECRET_ACCESS_KEY=${access.secret_access_key}`, 'access-key pair'),
    setup({ access, url: state.address, pools: poolsOf(key), update }),
  ]);
}

// With the secret where it was just made; nobody can show it again.
function show(key, secret) {
  return dialog(secret ? `The secret of ${key.name}` : `Set up ${key.name}`, (close, update) => [
    secret ? [h('p', { class: 'once' }, 'It is shown this once. Copy it now.'), copyable(secret, 'secret')] : h('p', { class: 'note' }, 'The secret was shown when it was made and stands nowhere since. Put it in place of YOUR_KEY, or rotate the key for another one.'),
    key.warnings?.length ? h('ul', { class: 'warnings' }, key.warnings.map(warning => h('li', {}, warning))) : null,
    setup({ secret: secret ?? 'YOUR_KEY', url: state.address, pools: poolsOf(key), update }),
  ]);
}
