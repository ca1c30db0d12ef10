// The requests that ended last, why each failed, and what became of a lane's breakers.

import { h } from './dom.js';
import { get } from './api.js';
import { isTroubled, known, redraw } from './store.js';
import { button, clock, copyable, count, dialog, dollars, grid, ms, pill, say, span } from './parts.js';

const wanted = { text: '', pool: '', group: '', model: '', outcome: '' };
let opened = 0;
let frozen = null;

export const because = {
  acl: 'The key may not use this pool or model: add it to allowed_pools of the key.',
  budget: 'What the request may cost is more than is left of a budget. Raise the budget, or wait for the next period.',
  tokens: 'The limit of tokens a minute has no room.',
  requests: 'The limit of requests a minute has no room.',
  concurrency: 'The key or its group has as many requests under way as it may.',
  max_inbound_concurrent: 'The gateway serves as many requests as limits.max_inbound_concurrent allows.',
  shutdown: 'The process went down and had waited long enough.',
  timeout: 'The time of the pool’s failover.deadline_secs was used up.',
  attempt_timeout: 'The lane did not answer within attempt_timeout_ms, or first_content_timeout_ms.',
  rate_limit: 'The provider says that its limit is reached (429).',
  overloaded: 'The provider says that it is overloaded.',
  server_error: 'The provider failed.',
  network: 'The connection broke.',
  connect: 'The provider could not be reached.',
  auth: 'The provider refuses the key: see the key of the provider in the configuration.',
  billing: 'The provider’s account is not paid or its quota is used up.',
  client_error: 'The provider says that the request is wrong.',
  context_length: 'The request is longer than the model can take.',
  model_gone: 'The provider does not know the model (any more): see upstream_model.',
  content: 'The provider refuses what was asked.',
  declined: 'The provider declines the call without saying why.',
  not_found: 'The request named no pool or model of this gateway.',
  unresolved: 'The request named no pool or model of this gateway.',
};

const explain = request => because[request.reason] ?? (request.pool === 'unresolved' ? because.unresolved
  : request.outcome === 'exhausted' ? 'No lane of the pool, or of its fallbacks, could serve it.'
  : request.outcome === 'client_error' && request.status === 0 ? 'The client went away.'
  : request.outcome === 'error' ? 'The answer broke off, or the gateway could not complete it.' : '');

/** Shows the requests that `filter` describes. */
export function show(filter) {
  Object.assign(wanted, { text: '', pool: '', group: '', model: '', outcome: '' }, filter);
  for (const [name, value] of Object.entries(wanted)) {
    const control = document.getElementById(`filter-${name}`);
    if (control) control.value = value;
  }
  redraw();
  document.getElementById('requests')?.scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

function matches(request) {
  const names = [request.key, request.key_name, request.group, request.request_id, request.provider_request_id, request.pool, request.lane, request.reason, request.limit, String(request.status)];
  return (!wanted.text || names.some(name => name?.toLowerCase().includes(wanted.text.toLowerCase())))
    && (!wanted.pool || request.pool === wanted.pool || request.served_in === wanted.pool)
    && (!wanted.group || request.group === wanted.group)
    && (!wanted.model || request.lane === wanted.model || request.failures.some(failure => failure.lane === wanted.model))
    && (!wanted.outcome || (wanted.outcome === 'failed' ? request.outcome !== 'ok' : wanted.outcome === 'failed_over' ? request.outcome === 'ok' && isTroubled(request) : request.outcome === wanted.outcome));
}

export function requests() {
  const all = frozen ?? known.requests;
  const values = of => [...new Set(all.map(of).filter(Boolean))].sort();
  const shown = all.filter(matches);
  const filter = (name, label, options) => h('select', {
    id: `filter-${name}`, 'aria-label': label, onchange: event => { wanted[name] = event.target.value; redraw(); },
  }, h('option', { value: '', key: '' }, label), options.map(([value, text]) => h('option', { value, key: value }, text ?? value)));
  return h('section', { id: 'requests', class: 'requests', 'aria-label': 'Requests' },
    h('header', { class: 'row' },
      h('h2', {}, 'Requests'),
      h('p', { class: 'note' }, `the last 200, and the last 200 in trouble; ${shown.length} shown${known.missed ? `, ${count(known.missed)} more went by` : ''}`),
      button(frozen ? 'Resume' : 'Pause', () => { frozen = frozen ? null : known.requests; redraw(); }, { class: 'quiet', 'aria-pressed': String(Boolean(frozen)) })),
    h('div', { class: 'filters', role: 'search', 'aria-label': 'Filter requests' },
      h('input', { id: 'filter-text', type: 'search', placeholder: 'Key, id, reason, status …', 'aria-label': 'Key, id, reason or status', oninput: event => { wanted.text = event.target.value; redraw(); } }),
      filter('outcome', 'Any outcome', [['failed', 'Failed'], ['failed_over', 'Failed over'], ['ok', 'Went well'], ['client_error', 'Client’s error'], ['exhausted', 'No lane'], ['error', 'Error']]),
      filter('pool', 'Any pool', values(request => request.pool).map(value => [value])),
      filter('model', 'Any model', [...new Set(all.flatMap(request => [request.lane, ...request.failures.map(failure => failure.lane)]).filter(Boolean))].sort().map(value => [value])),
      filter('group', 'Any group', values(request => request.group).map(value => [value]))),
    grid('Requests', [
      ['Time', request => h('time', {}, clock(request.ended_at_ms)), 'mono', '5rem'],
      ['Key', request => request.key_name ? h('span', {}, request.key_name, request.group ? h('small', {}, ` ${request.group}`) : null) : h('small', {}, 'no key'), '', 'minmax(5rem, .8fr)'],
      ['Asked for', request => h('span', {}, request.pool, h('small', {}, ` ${request.protocol}`)), '', 'minmax(6rem, .9fr)'],
      ['Attempts', request => attempts(request), 'wide', 'minmax(12rem, 2fr)'],
      ['First', request => ms(request.first_content_ms), 'num', '4.5rem'],
      ['Total', request => ms(request.total_ms), 'num', '4.5rem'],
      ['Tokens', request => request.input_tokens || request.output_tokens ? `${count(request.input_tokens)} → ${count(request.output_tokens)}` : '–', 'num', '6.5rem'],
      ['Cost', request => !request.cost_nano_dollars ? '–' : dollars(request.cost_nano_dollars), 'num', '4.8rem'],
      ['', request => h('button', {
        type: 'button', class: 'quiet', 'aria-expanded': String(opened === request.sequence),
        'aria-label': `${opened === request.sequence ? 'Less' : 'Why'}: the request of ${clock(request.ended_at_ms)}, ${request.status}`, onclick: () => { opened = opened === request.sequence ? 0 : request.sequence; redraw(); },
      }, opened === request.sequence ? 'Less' : 'Why'), 'acts', '4rem'],
    ], shown.slice(0, 200), {
      keyOf: request => String(request.sequence), empty: all.length ? 'No request is like that.' : 'No request has ended yet.',
      detail: request => opened === request.sequence ? details(request) : null,
    }));
}

/** Every call of a request: "m0 429 → m1 200". */
export function attempts(request) {
  const steps = request.failures.map((failure, index) => ({ ...failure, took: failure.after_ms - (request.failures[index - 1]?.after_ms ?? 0) }));
  const last = steps.at(-1);
  const answered = request.lane && !(last && last.lane === request.lane && request.outcome !== 'ok' && last.status === request.status);
  return h('span', { class: 'attempts' },
    steps.map((step, index) => h('span', { key: `step ${index}` },
      index ? h('span', { class: 'then' }, '→') : null,
      h('span', { class: 'step bad' }, `${step.lane} `, h('b', {}, step.status || step.reason)))),
    answered ? [steps.length ? h('span', { class: 'then' }, '→') : null, h('span', { class: `step ${request.outcome === 'ok' ? 'ok' : 'bad'}` }, `${request.lane} `, h('b', {}, request.outcome === 'ok' || request.status >= 400 ? request.status : `${request.status} broke off`))] : null,
    steps.length === 0 && !answered ? pill(request.outcome === 'ok' ? 'ok' : 'bad', `${request.status || 'no answer'}${request.reason ? ` ${request.reason}` : ''}`) : null,
    !answered && steps.length && request.outcome !== 'ok' ? [h('span', { class: 'then' }, '→'), h('span', { class: 'step bad' }, h('b', {}, request.status || 'client left'))] : null);
}

function details(request) {
  const lanes = [...new Set([...request.failures.map(failure => failure.lane), request.lane].filter(Boolean))];
  const fact = (name, value) => value === null || value === undefined || value === '' ? null : h('div', { key: name }, h('dt', {}, name), h('dd', {}, value));
  return h('div', { class: 'why' },
    explain(request) && request.outcome !== 'ok' ? h('p', { class: 'because' }, explain(request), request.limit ? ` Limit: ${request.limit}.` : '') : null,
    request.outcome === 'ok' && request.failures.length ? h('p', { class: 'because' }, `The client noticed nothing: ${request.failures.length} of ${request.attempts} calls failed before one was answered.`) : null,
    h('ol', { class: 'steps' }, request.failures.map((failure, index) => h('li', { key: index },
      h('strong', {}, failure.lane), ` in ${failure.pool}, ${failure.provider}: ${failure.status || 'no answer'} ${failure.code ?? failure.reason} after ${ms(failure.after_ms)}.`,
      failure.cooldown_s > 0 ? ` Left alone for ${span(failure.cooldown_s)}.` : '', because[failure.reason] ? h('small', {}, ` ${because[failure.reason]}`) : null)),
    request.lane && request.outcome === 'ok' ? h('li', { key: 'answer' }, h('strong', {}, request.lane), ` answered ${request.status} after ${ms(request.first_content_ms)}, and was done after ${ms(request.total_ms)}.`) : null),
    h('dl', {},
      fact('Request', request.request_id), fact('Provider’s id', request.provider_request_id), fact('Key', request.key), fact('Group', request.group), fact('Protocol', `${request.protocol}${request.streamed ? ', streamed' : ''}`),
      fact('Downgraded from', request.downgraded_from), fact('Cached tokens', request.cached_tokens || null), fact('Tokens', request.estimated ? 'estimated' : null),
      fact('Lost in translation', request.lost.length ? request.lost.join(', ') : null)),
    h('p', { class: 'row' },
      lanes.map(lane => h('button', { type: 'button', class: 'quiet', key: lane, onclick: () => history(lane) }, `Breaker history of ${lane}`)),
      button('Copy as JSON', () => navigator.clipboard.writeText(JSON.stringify(request, null, 1)).then(() => say('Copied.'), () => dialog('Request', () => copyable(JSON.stringify(request, null, 1), 'request'))), { class: 'quiet' })));
}

/** Shows what became of the breakers of a lane. */
export async function history(lane) {
  const { changes } = await get(`lanes/${encodeURIComponent(lane)}/history`).catch(error => { say(error.message, true); return {}; });
  if (!changes) return;
  const words = { closed: ['ok', 'ready'], half_open: ['warn', 'probing'], open: ['bad', 'out'] };
  await dialog(`Breaker history of ${lane}`, () => [
    h('p', { class: 'note' }, 'The newest 50 changes since the process began. A breaker that is out keeps its lane from requests until its cooldown is over; then one request tries it.'),
    changes.length === 0 ? h('p', { class: 'empty' }, 'Its breakers have not changed since the process began.')
      : h('ol', { class: 'moments' }, changes.map((change, index) => h('li', { key: index },
        h('time', { class: 'mono' }, `${new Date(change.at_ms).toISOString().slice(0, 10)} ${clock(change.at_ms)}`),
        pill(...words[change.to]), h('span', {}, `${change.pool}: ${change.reason}${change.cooldown_s > 0 ? `, left alone for ${span(change.cooldown_s)}` : ''}`)))),
  ], 'side');
}
