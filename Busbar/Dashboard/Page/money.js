// What was spent, by whom and on what, against what may be spent, and where that leads.

import { h } from './dom.js';
import { get, text } from './api.js';
import { redraw } from './store.js';
import { act, cents, count, day, dollars, grid, meter, moment, pill, save, select, share } from './parts.js';

export const title = 'Money';

const mostKeys = 50;
const state = { days: '30', loaded: false, byDay: [], byModel: [], byKey: [], byGroup: [], total: null, groups: [], keys: new Map(), windows: new Map() };

const from = () => day(Date.now() / 1000 - (Number(state.days) - 1) * 86400);

export async function enter() {
  const since = `usage?limit=10000&from=${from()}`;
  const [byDay, byModel, byKey, byGroup, groups, keys] = await Promise.all([
    get(`${since}&group_by=day,model`), get(`${since}&group_by=model`), get(`${since}&group_by=key`), get(`${since}&group_by=group`), get('groups'), get('keys'),
  ]);
  const most = (left, right) => right.spend_nano_dollars - left.spend_nano_dollars;
  Object.assign(state, {
    loaded: true, byDay: byDay.usage, byModel: byModel.usage.sort(most), byKey: byKey.usage.sort(most), byGroup: byGroup.usage.sort(most), total: byDay.total,
    groups: groups.groups, keys: new Map(keys.keys.map(key => [key.id, key])),
  });
  redraw();
  // Those with a budget first, then who spent most: a gateway may have a hundred thousand keys.
  const spent = new Map(state.byKey.map(row => [row.key, row.spend_nano_dollars]));
  const chosen = [...state.keys.values()].filter(hasBudget).sort((left, right) => (spent.get(right.id) ?? 0) - (spent.get(left.id) ?? 0)).slice(0, mostKeys);
  for (let index = 0; index < chosen.length; index += 4) {
    await Promise.all(chosen.slice(index, index + 4).map(async key => state.windows.set(key.id, await get(`keys/${key.id}/usage`))));
    redraw();
  }
}

const hasBudget = key => key.max_budget_cents !== null || key.limits.some(limit => limit.kind === 'budget');

// Every budget there is, as one list.
function budgets() {
  const rows = [];
  for (const group of state.groups) {
    for (const limit of group.limits.filter(each => each.kind === 'budget')) rows.push(row(`group ${group.name}`, `g${group.id}`, limit.used_cents ?? 0, limit.max_cents, limit.window, limit));
  }
  for (const [id, window] of state.windows) {
    const key = state.keys.get(id);
    if (key.max_budget_cents !== null) rows.push(row(key.name, id, window.spend_nano_dollars / 1e7, key.max_budget_cents, key.budget_period, window));
    for (const limit of window.limits.filter(each => each.kind === 'budget')) rows.push(row(key.name, `${id}${limit.window}${limit.pool ?? ''}`, limit.used_cents ?? 0, limit.max_cents, limit.window, limit));
  }
  return rows.sort((left, right) => right.used / right.max - left.used / left.max);
}

const row = (owner, id, used, max, window, { pool, thresholds, window_start: start, window_end: end }) =>
  ({ owner, id: `${id} ${window} ${pool ?? ''}`, used, max, window, pool, thresholds: thresholds ?? [50, 80, 100], start, end });

// At the pace of the period so far.
function forecast({ used, max, start, end }) {
  const now = Date.now() / 1000;
  if (!end || !start || used === 0 || now - start < 60) return null;
  const pace = used / (now - start);
  const final = pace * (end - start);
  return { final, out: final > max ? start + max / pace : null };
}

export function view() {
  if (!state.loaded) return h('p', { class: 'empty' }, 'Adding up …');
  return [
    h('div', { class: 'row controls' },
      h('label', {}, 'Period ', select([['7', 'last 7 days'], ['30', 'last 30 days'], ['90', 'last 90 days'], ['365', 'last year']], { chosen: state.days, onchange: event => { state.days = event.target.value; enter().then(redraw); } })),
      act('Export as CSV', 'Export as CSV: usage by day, key, group and model', async () => save(`usage-from-${from()}.csv`, await text(`usage?format=csv&group_by=day,key,group,model&from=${from()}`)), 'primary'),
      act('Export budgets as CSV', 'Export budgets as CSV', async () => save('budgets.csv', budgetTable()))),
    h('div', { class: 'tiles' },
      tile('Spent', dollars(state.total.spend_nano_dollars), `${count(state.total.requests)} requests since ${from()}`),
      tile('Tokens', count(state.total.input_tokens + state.total.cache_read_tokens + state.total.cache_write_tokens + state.total.output_tokens), `${count(state.total.output_tokens)} of them written by models`),
      tile('Unpriced', count(state.total.unpriced_requests), state.total.unpriced_requests ? 'requests cost nothing, because no price is known' : 'every request had a price', state.total.unpriced_requests ? 'warn' : ''),
      tile('Estimated', share(state.total.requests ? state.total.estimated_requests / state.total.requests : 0), 'of requests, where the provider reported no tokens')),
    days(),
    h('section', { class: 'panel' }, h('h2', {}, 'Budgets'), grid('Budgets', [
      ['Whose', each => h('span', {}, each.owner, each.pool ? h('small', {}, ` for ${each.pool}`) : null)],
      ['Per', each => each.window, '', '7rem'],
      ['Used', each => h('span', { class: 'used' }, meter(each.used / each.max, `${share(each.used / each.max)} of ${cents(each.max)} used`, each.thresholds), h('small', {}, share(each.used / each.max))), '', 'minmax(8rem, 1.4fr)'],
      ['Spent', each => cents(each.used), 'num', '6rem'],
      ['Left', each => cents(Math.max(0, each.max - each.used)), 'num', '6rem'],
      ['At the end', each => {
        const end = forecast(each);
        return !end ? '–' : end.out ? pill('bad', `out ${moment(end.out)}`, `At this pace ${cents(end.final)} by ${moment(each.end)}`) : h('span', { title: `By ${moment(each.end)}` }, cents(end.final));
      }, '', 'minmax(8rem, 1fr)'],
    ], budgets(), { keyOf: each => each.id, empty: 'No group or key has a budget.' })),
    h('div', { class: 'halves' },
      h('section', { class: 'panel' }, h('h2', {}, 'By group'), spenders('group', state.byGroup, each => each.group_name ?? 'no group')),
      h('section', { class: 'panel' }, h('h2', {}, 'By key'), spenders('key', state.byKey, each => state.keys.get(each.key)?.name ?? each.key)),
      h('section', { class: 'panel' }, h('h2', {}, 'By model'), spenders('model', state.byModel, each => each.model))),
  ];
}

const tile = (name, value, note, kind = '') => h('section', { class: `tile ${kind}`, key: name }, h('h2', {}, name), h('p', { class: 'big' }, value), h('p', { class: 'note' }, note));

function spenders(kind, rows, nameOf) {
  const most = Math.max(1, ...rows.map(each => each.spend_nano_dollars));
  return grid(`Spending by ${kind}`, [
    [kind[0].toUpperCase() + kind.slice(1), nameOf],
    ['', each => meter(each.spend_nano_dollars / most * 0.79, `${dollars(each.spend_nano_dollars)}`), 'slim', 'minmax(3rem, 1fr)'],
    ['Spent', each => dollars(each.spend_nano_dollars), 'num', '6rem'],
    ['Requests', each => count(each.requests), 'num', '5rem'],
  ], rows.slice(0, 20), { keyOf: each => String(each[kind]), empty: 'Nothing was used.' });
}

// A column a day, a colour a model; the dearest five have colours of their own.
function days() {
  const models = state.byModel.slice(0, 5).map(each => each.model);
  const all = Array.from({ length: Number(state.days) }, (_, index) => day(Date.parse(`${from()}T00:00:00Z`) / 1000 + index * 86400));
  const sums = new Map(all.map(date => [date, new Map()]));
  for (const each of state.byDay) {
    const model = models.includes(each.model) ? each.model : 'other';
    const of = sums.get(each.day);
    of?.set(model, (of.get(model) ?? 0) + each.spend_nano_dollars);
  }
  const top = Math.max(1, ...[...sums.values()].map(of => [...of.values()].reduce((sum, value) => sum + value, 0)));
  const width = 720 / all.length;
  const names = [...models, 'other'].filter(name => [...sums.values()].some(of => of.get(name)));
  return h('section', { class: 'panel' }, h('h2', {}, 'By day and model'),
    names.length === 0 ? h('p', { class: 'empty' }, 'Nothing was spent.') : [
      h('svg', { class: 'days', viewBox: '0 0 720 120', preserveAspectRatio: 'none', role: 'img', 'aria-label': `Spending by day since ${from()}, at most ${dollars(top)} a day` }, all.map((date, index) => {
        let below = 120;
        return h('g', {}, h('title', {}, `${date}: ${dollars([...sums.get(date).values()].reduce((sum, value) => sum + value, 0))}`),
          h('rect', { class: 'none', x: index * width, y: 118, width: Math.max(1, width - 1), height: 2 }),
          names.map((name, place) => {
            const tall = (sums.get(date).get(name) ?? 0) / top * 116;
            below -= tall;
            return tall > 0 ? h('rect', { class: `hue${place}`, x: index * width, y: below, width: Math.max(1, width - 1), height: tall }) : null;
          }));
      })),
      h('p', { class: 'legend' }, h('span', {}, all[0]), names.map((name, place) => h('span', { key: name }, h('i', { class: `hue${place}` }), name)), h('span', {}, all.at(-1))),
    ]);
}

// Spreadsheets run what begins like a formula.
const cell = value => {
  const plain = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

function budgetTable() {
  const lines = budgets().map(each => {
    const end = forecast(each);
    return [each.owner, each.pool ?? '', each.window, each.max, each.used.toFixed(4), Math.max(0, each.max - each.used).toFixed(4), end ? end.final.toFixed(4) : '', end?.out ? moment(end.out) : ''].map(cell).join(',');
  });
  return ['whose,pool,period,max_cents,spent_cents,left_cents,forecast_cents,out_at', ...lines].join('\r\n') + '\r\n';
}
