// The live board: what needs somebody, pools and lanes, the requests that ended last.

import { h } from './dom.js';
import { post } from './api.js';
import { known } from './store.js';
import { act, bars, confirm, count, line, ms, pill, quantile, rate, say, share, span } from './parts.js';
import { because, history, requests, show } from './requests.js';

export const title = 'Now';

const stateOf = lane => {
  if (lane.availability === 'disabled') return ['off', 'disabled'];
  if (lane.dead && !lane.usable) return ['bad', 'out'];
  const cells = lane.cells.filter(cell => cell.pool) ;
  const live = cells.length ? cells : lane.cells;
  if (live.every(cell => cell.state === 'open')) return ['bad', 'out'];
  if (live.some(cell => cell.state === 'half_open')) return ['warn', 'probing'];
  if (!lane.usable) return ['bad', 'out'];
  if (live.some(cell => cell.state === 'open')) return ['warn', 'partly out'];
  if (lane.availability === 'busy') return ['warn', 'busy'];
  if (lane.cooldown_remaining_s > 0) return ['warn', 'cooling'];
  return ['ok', 'ready'];
};

const age = () => known.lanesAt ? (performance.now() - known.lanesAt) / 1000 : 0;

export function view() {
  return [tiles(), attention(), board(), requests()];
}

function tiles() {
  const points = known.points;
  const recent = points.slice(-5);
  const all = point => point[1] + point[2] + point[3] + point[4];
  const perSecond = recent.length ? recent.reduce((sum, point) => sum + all(point), 0) / recent.length : 0;
  const five = points.slice(-300).reduce((sum, point) => sum + all(point), 0);
  const failed = points.slice(-300).reduce((sum, point) => sum + point[3] + point[4], 0);
  const moved = points.slice(-300).reduce((sum, point) => sum + point[5], 0);
  const firsts = known.requests.filter(request => request.first_content_ms !== null && request.outcome === 'ok').map(request => request.first_content_ms);
  const smooth = index => points.map((point, place) => {
    const around = points.slice(Math.max(0, place - 4), place + 1);
    return around.reduce((sum, each) => sum + (index === 'all' ? all(each) : index === 'failed' ? each[3] + each[4] : each[index]), 0) / around.length;
  });
  const tile = (name, value, note, chart, kind = '') => h('section', { class: `tile ${kind}`, key: name }, h('h2', {}, name), h('p', { class: 'big' }, value), h('p', { class: 'note' }, note), chart);
  const rates = smooth('all'), movedRates = smooth(5);
  return h('div', { class: 'tiles' },
    tile('Requests a second', rate(perSecond), `${count(five)} in the last 5 minutes`, line(rates, { bad: smooth('failed'), label: `Requests a second over five minutes, now ${rate(perSecond)}` })),
    tile('Failed', share(five ? failed / five : 0), `${count(failed)} in 5 minutes`, null, failed ? 'bad' : 'ok'),
    tile('Failovers a second', rate(movedRates.at(-1) ?? 0), `${count(moved)} saved in 5 minutes`, line(movedRates, { label: `Failovers a second over five minutes, now ${rate(movedRates.at(-1) ?? 0)}` }), moved ? 'warn' : ''),
    tile('In flight', count(points.at(-1)?.[6] ?? 0), `of ${count(known.lanes.reduce((sum, lane) => sum + (lane.key === 0 ? lane.max_concurrent : 0), 0))} places at lanes`),
    tile('First content', ms(quantile(firsts, 0.5)), `slowest twentieth: ${ms(quantile(firsts, 0.95))} (of ${firsts.length})`));
}

// What a person should look at, the gravest first.
function attention() {
  const items = [];
  for (const [pool, members] of Object.entries(known.pools)) {
    const lanes = known.lanes.filter(lane => members.includes(lane.model));
    if (lanes.length && lanes.every(lane => !lane.usable)) items.push(['bad', `Every lane of ${pool} is out: clients get 503.`, lanes.map(lane => lane.model).join(', ')]);
  }
  for (const lane of known.lanes) {
    const [kind, word] = stateOf(lane);
    if (kind === 'bad') items.push(['bad', `${lane.model} is out${lane.dead_reason ? `: ${lane.dead_reason}` : ''}.`, why(lane), () => history(lane.model)]);
    else if (word === 'disabled') items.push(['off', `${lane.model} was switched off by an administrator.`, 'It stays off until it is enabled or the process ends.']);
  }
  const groups = new Map();
  for (const request of known.requests.filter(request => request.outcome !== 'ok')) {
    const key = `${request.key_name ?? ''}|${request.pool}|${request.status}|${request.reason ?? ''}`;
    groups.set(key, [...groups.get(key) ?? [], request]);
  }
  for (const list of [...groups.values()].filter(list => list.length >= 5).sort((left, right) => right.length - left.length).slice(0, 4)) {
    const [first] = list;
    items.push(['warn', `${first.key_name ? `${first.key_name}: ` : ''}${first.status || 'no answer'} on ${first.pool}, ${list.length} times of late.`, because[first.reason] ?? first.reason ?? '', () => show({ pool: first.pool, outcome: 'failed', text: first.key_name ?? '' })]);
  }
  const lost = new Map();
  for (const request of known.requests) for (const field of request.lost) lost.set(field, (lost.get(field) ?? 0) + 1);
  if (lost.size) items.push(['note', `Translation lost ${[...lost.keys()].slice(0, 5).join(', ')} in ${Math.max(...lost.values())} of the last requests.`, 'A lane of the client’s own protocol loses nothing.']);
  return h('section', { class: 'attention', 'aria-label': 'Needs attention' },
    h('h2', {}, 'Needs attention'),
    items.length === 0 ? h('p', { class: 'allgood' }, pill('ok', 'all well'), ' Every pool has a lane that is ready, and nothing fails again and again.')
      : h('ul', {}, items.slice(0, 8).map(([kind, text, note, open], index) => h('li', { class: kind, key: `${text}${index}` },
        h('span', {}, h('strong', {}, text), note ? ` ${note}` : ''), open ? h('button', { type: 'button', class: 'quiet', onclick: open, 'aria-label': `Show: ${text}` }, 'Show') : null))));
}

function why(lane) {
  const worst = lane.cells.filter(cell => cell.state !== 'closed' || cell.cooldown_remaining_s > 0).sort((left, right) => right.cooldown_remaining_s - left.cooldown_remaining_s)[0];
  if (!worst) return '';
  const left = worst.cooldown_remaining_s - age();
  return left > 0 ? `Tried again in ${span(left)}.` : 'Tried again with the next request.';
}

function board() {
  const inPools = new Set(Object.values(known.pools).flat());
  const alone = known.lanes.filter(lane => !inPools.has(lane.model));
  return h('section', { class: 'board', 'aria-label': 'Pools and lanes' },
    Object.entries(known.pools).map(([pool, members]) => poolCard(pool, known.lanes.filter(lane => members.includes(lane.model)))),
    alone.length ? h('details', { class: 'pool', key: 'alone:' }, h('summary', {}, `Models without a pool (${alone.length})`), h('ul', { class: 'lanes' }, alone.map(lane => laneRow('', lane)))) : null);
}

function poolCard(pool, lanes) {
  const minutes = known.minutes.get(pool) ?? [];
  const five = minutes.filter(point => point[0] >= Date.now() / 1000 - 360);
  const total = five.reduce((sum, point) => sum + point[1] + point[2] + point[3] + point[4], 0);
  const failed = five.reduce((sum, point) => sum + point[3] + point[4], 0);
  const moved = five.reduce((sum, point) => sum + point[5], 0);
  const second = known.second[pool];
  const usable = lanes.filter(lane => lane.usable).length;
  const hour = minutes.reduce((sum, point) => sum + point[1] + point[2] + point[3] + point[4], 0);
  return h('article', { class: `pool ${usable === 0 ? 'down' : ''}`, key: `pool:${pool}`, 'aria-label': `Pool ${pool}` },
    h('header', {},
      h('h3', {}, pool),
      pill(usable === 0 ? 'bad' : usable < lanes.length ? 'warn' : 'ok', `${usable} of ${lanes.length} ready`),
      h('span', { class: 'fact' }, `${second ? second[1] + second[2] + second[3] + second[4] : 0} req/s`),
      h('span', { class: `fact ${failed ? 'badtext' : ''}` }, `${share(total ? failed / total : 0)} failed`),
      moved ? h('span', { class: 'fact warntext' }, `${count(moved)} ${moved === 1 ? 'failover' : 'failovers'}`) : null,
      h('span', { class: 'hour' }, bars(minutes, `${pool}: ${count(hour)} requests in the last hour`))),
    h('ul', { class: 'lanes' }, lanes.map(lane => laneRow(pool, lane))));
}

function laneRow(pool, lane) {
  const [kind, word] = stateOf(lane);
  const cell = lane.cells.find(each => each.pool === pool) ?? lane.cells[0];
  const left = Math.max(0, (cell?.cooldown_remaining_s ?? 0) - age());
  const firsts = known.requests.filter(request => request.lane === lane.model && request.first_content_ms !== null).map(request => request.first_content_ms);
  const last = known.requests.flatMap(request => request.failures.filter(failure => failure.lane === lane.model).map(failure => [request, failure]))[0];
  const name = lane.key > 0 ? `${lane.model} (key ${lane.key})` : lane.model;
  const errors = cell && cell.window_total ? cell.window_errors / cell.window_total : 0;
  return h('li', { key: `${lane.model} ${lane.key}`, class: kind },
    h('span', { class: 'who' }, h('strong', {}, name), h('small', {}, lane.provider)),
    h('span', { class: 'how' }, pill(kind, left > 0 && kind !== 'off' ? `${word} · ${span(left)}` : word, lane.availability)),
    h('span', { class: 'load' }, h('small', {}, `${lane.inflight} / ${lane.max_concurrent}`), h('span', { class: 'meter', role: 'img', 'aria-label': `${lane.inflight} of ${lane.max_concurrent} calls in flight` }, h('i', { css: { width: `${Math.min(100, lane.inflight / lane.max_concurrent * 100)}%` } }))),
    h('span', { class: 'errors' }, h('small', {}, 'errors '), cell?.window_total ? share(errors) : '–'),
    h('span', { class: 'first' }, h('small', {}, 'first content '), ms(quantile(firsts, 0.5) ?? lane.latency_ewma_ms)),
    h('span', { class: 'why' }, kind === 'ok' && !last ? '' : [lane.dead_reason ?? (last ? `last: ${last[1].status || ''} ${last[1].code ?? last[1].reason}` : lane.availability)]),
    h('span', { class: 'acts' },
      act('History', `Breaker history of ${name}`, () => history(lane.model), 'quiet'),
      act('Probe', `Probe ${name}`, async () => {
        const { probes } = await post(`lanes/${path(lane.model)}/probe`);
        for (const probe of probes) say(probe.ok ? `${lane.model} answers (${probe.status}).` : `${lane.model} fails: ${probe.status || 'no answer'}, ${probe.fault}.`, !probe.ok);
      }, 'quiet'),
      kind !== 'ok' && kind !== 'off' ? act('Reset', `Reset ${name}`, async () => { await post(`lanes/${path(lane.model)}/reset`); say(`The breakers of ${lane.model} are closed.`); }, 'quiet') : null,
      word === 'disabled'
        ? act('Enable', `Enable ${name}`, async () => { await post(`lanes/${path(lane.model)}/enable`); say(`${lane.model} is back.`); }, 'quiet')
        : act('Disable', `Disable ${name}`, async () => {
          if (!await confirm(`Take ${lane.model} out of service?`, h('p', {}, 'Requests under way go on; new ones use other lanes. It stays out until it is enabled or the process ends.'), 'Disable')) return;
          await post(`lanes/${path(lane.model)}/disable`);
          say(`${lane.model} is out of service.`);
        }, 'quiet')));
}

const path = name => encodeURIComponent(name);
