// Pieces that several views are made of, and how figures are written.

import { h } from './dom.js';
import { redraw } from './store.js';

export const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = value => value >= 10_000 ? short.format(value) : number.format(value);
export const rate = value => value >= 100 ? number.format(value) : value >= 10 ? value.toFixed(1) : value === 0 ? '0' : value.toFixed(2);
export const share = value => !Number.isFinite(value) ? '–' : value === 0 ? '0 %' : value < 0.001 ? '< 0.1 %' : `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
export const ms = value => value === null || value === undefined ? '–' : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;
export const dollars = (nanos, digits = 2) => {
  const amount = nanos / 1e9;
  return `$${amount === 0 ? '0' : Math.abs(amount) < 0.01 ? amount.toPrecision(2) : amount.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
};
export const cents = value => dollars(value * 1e7);
export const clock = at => new Date(at).toLocaleTimeString('en-GB');
export const day = seconds => new Date(seconds * 1000).toISOString().slice(0, 10);
export const moment = seconds => `${day(seconds)} ${new Date(seconds * 1000).toISOString().slice(11, 16)} UTC`;
export const span = seconds => {
  seconds = Math.max(0, Math.round(seconds));
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']].map(([unit, name]) => [Math.floor(seconds / unit), name, seconds %= unit]).filter(([many]) => many > 0);
  return parts.slice(0, 2).map(([many, name]) => `${many}${name}`).join(' ') || '0s';
};

/** A value that stands for the state of something. */
export const pill = (kind, text, title) => h('span', { class: `pill ${kind}`, title }, text);

export const button = (text, onclick, props) => h('button', { type: 'button', onclick, ...props }, text);

/** A button that acts, says so while it does, and shows what went wrong. */
export function act(text, label, work, kind = '') {
  return h('button', {
    type: 'button', class: kind, 'aria-label': label, onclick: async event => {
      const self = event.currentTarget;
      if (self.getAttribute('aria-disabled')) return;
      self.setAttribute('aria-disabled', 'true');
      try { await work(); } catch (error) { say(error.message, true); }
      self.removeAttribute('aria-disabled');
      redraw();
    },
  }, text);
}

/** Tells something in the corner of the page, and to screen readers. */
export function say(text, isBad = false) {
  const place = document.getElementById('said');
  const note = document.createElement('p');
  note.className = isBad ? 'bad' : 'good';
  note.textContent = text;
  place.append(note);
  setTimeout(() => note.remove(), isBad ? 12_000 : 5_000);
}

/** Rows and columns, which become cards where there is little room. A column is [title, row => content, class]. */
export function grid(label, columns, rows, { keyOf, empty = 'Nothing here.', detail } = {}) {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty);
  return h('div', { role: 'table', class: 'grid', 'aria-label': label, css: { '--columns': columns.map(column => column[3] ?? 'minmax(0, 1fr)').join(' ') } },
    h('div', { role: 'row', class: 'head' }, columns.map(([title, , kind]) => h('span', { role: 'columnheader', class: kind }, title || h('span', { class: 'hidden' }, 'Actions')))),
    rows.map(row => [
      h('div', { role: 'row', key: keyOf?.(row) }, columns.map(([title, of, kind]) => h('span', { role: 'cell', class: kind, 'data-label': title }, of(row)))),
      detail?.(row) ? h('div', { role: 'row', class: 'detail', key: `${keyOf(row)} detail` }, h('div', { role: 'cell' }, detail(row))) : null,
    ]));
}

/** How much of something is used, with marks at thresholds in percent. */
export function meter(part, label, marks = []) {
  const percent = Math.min(100, Math.max(0, part * 100));
  return h('span', { class: `meter ${part >= 1 ? 'bad' : part >= 0.8 ? 'warn' : ''}`, role: 'img', 'aria-label': label, title: label },
    h('i', { css: { width: `${percent}%` } }),
    marks.map(mark => h('b', { css: { left: `${mark}%` } })));
}

/** A small line that moves: `values` on the last `most` places, oldest first; `bad` is drawn below in the colour of failures. */
export function line(values, { bad = [], most = Math.max(60, values.length), label }) {
  const width = 300, height = 44;
  const top = Math.max(1, ...values) * 1.1;
  const at = (value, index, all) => `${((most - all.length + index) / (most - 1) * width).toFixed(1)},${(height - 2 - value / top * (height - 4)).toFixed(1)}`;
  const path = all => all.length < 2 ? '' : `M${all.map(at).join('L')}`;
  const area = all => all.length < 2 ? '' : `${path(all)}L${width},${height}L${((most - all.length) / (most - 1) * width).toFixed(1)},${height}Z`;
  return h('svg', { class: 'line', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    h('path', { class: 'area', d: area(values) }), h('path', { class: 'stroke', d: path(values) }),
    bad.some(value => value > 0) ? h('path', { class: 'fail', d: area(bad) }) : null);
}

/** Bars for the last hour, one a minute: what went well, what needed another lane, what failed. */
export function bars(minutes, label) {
  const now = Math.floor(Date.now() / 60_000) * 60;
  const of = new Map(minutes.map(point => [point[0], point]));
  const all = Array.from({ length: 60 }, (_, index) => of.get(now - (59 - index) * 60) ?? [0, 0, 0, 0, 0, 0, 0]);
  const top = Math.max(1, ...all.map(point => point[1] + point[2] + point[3] + point[4]));
  return h('svg', { class: 'bars', viewBox: '0 0 240 36', preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, all.map((point, index) => {
    const [, ok, refused, exhausted, error, moved] = point;
    const failed = exhausted + error, total = ok + refused + failed;
    if (total === 0) return h('rect', { class: 'none', x: index * 4, y: 34, width: 3, height: 2 });
    const tall = Math.max(2, total / top * 35), red = failed && Math.max(2, failed / total * tall), amber = moved && Math.max(2, Math.min(1, moved / total) * (tall - red));
    return h('g', {},
      h('rect', { class: 'ok', x: index * 4, y: 36 - tall, width: 3, height: tall }),
      amber ? h('rect', { class: 'warn', x: index * 4, y: 36 - red - amber, width: 3, height: amber }) : null,
      red ? h('rect', { class: 'bad', x: index * 4, y: 36 - red, width: 3, height: red }) : null);
  }));
}

/** A value of `values` that so many of them are not above. */
export function quantile(values, part) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

/** Opens a dialog that `content(close, update)` fills, and resolves when it is closed. */
export function dialog(title, content, kind = '') {
  return new Promise(done => {
    const box = document.createElement('dialog');
    box.className = kind;
    box.setAttribute('aria-label', title);
    const close = value => { box.returnValue = ''; box.busbarValue = value; box.close(); };
    const update = () => import('./dom.js').then(({ draw }) => draw(box,
      h('header', {}, h('h2', {}, title), button('✕', () => close(), { class: 'quiet', 'aria-label': 'Close' })), content(close, update)));
    box.onclose = () => { box.remove(); done(box.busbarValue); };
    document.body.append(box);
    update().then(() => box.showModal());
  });
}

/** Asks; resolves to true for yes. */
export const confirm = (title, text, yes, kind = 'danger') => dialog(title, close => [
  text, h('p', { class: 'row end' }, button('Cancel', () => close(false)), button(yes, () => close(true), { class: kind, autofocus: true })),
]);

/** Text with a button that copies it. */
export const copyable = (text, label) => h('div', { class: 'copy' },
  h('pre', { tabindex: 0, 'aria-label': label, role: 'region' }, text),
  button('Copy', async () => { await navigator.clipboard.writeText(text).then(() => say('Copied.'), () => say('This browser does not let the page copy; select the text instead.', true)); }, { 'aria-label': `Copy ${label}` }));

/** Has the browser save `text`. */
export function save(name, text, type = 'text/csv') {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A labelled field. */
export const field = (label, control, hint) => h('label', { class: 'field' }, h('span', {}, label), control, hint ? h('small', {}, hint) : null);

export const select = (options, props) => h('select', props, options.map(([value, text]) => h('option', { value, key: value, selected: props.chosen === value }, text ?? value)));
