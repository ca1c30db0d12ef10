// What is known of the gateway, kept up to date by its events while the page is seen.

import { get, listen } from './api.js';

const mostRequests = 400;
const mostPoints = 300;

export const known = {
  state: 'connecting',
  status: {},
  pools: {},
  lanes: [],
  points: [],
  minutes: new Map(),
  second: {},
  requests: [],
  last: 0,
  missed: 0,
};

let changed = () => {};
let stop = null;
let clock = 0;

/** `call` is called after each change, at most once a frame. */
export function onChange(call) {
  let isDue = false;
  changed = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; call(); });
  };
}

export const redraw = () => changed();

/** Reads everything once, then follows the events; a page that nobody sees listens to nothing. */
export async function start() {
  known.status = await get('status');
  await catchUp();
  follow();
  document.onvisibilitychange = follow;
  clock = setInterval(() => { if (!document.hidden) get('status').then(status => { known.status = status; }, () => {}); }, 10_000);
}

export function end() {
  stop?.abort();
  stop = null;
  clearInterval(clock);
  document.onvisibilitychange = null;
  Object.assign(known, { state: 'connecting', status: {}, pools: {}, lanes: [], points: [], minutes: new Map(), second: {}, requests: [], last: 0, missed: 0 });
}

// Until an event says it: a lane has a breaker in each of its pools.
function poolsOf(lanes) {
  const pools = {};
  for (const lane of lanes) for (const { pool } of lane.cells) if (pool) (pools[pool] ??= []).push(lane.model);
  return pools;
}

async function catchUp() {
  const [figures, recent, stats] = await Promise.all([get(`figures?count=${mostPoints}`), get(`requests?after=${known.last}`), get('lanes')]);
  known.points = figures.points;
  known.minutes = new Map(figures.pools.map(pool => [pool.pool, pool.minutes]));
  known.lanes = stats.lanes;
  known.pools = poolsOf(stats.lanes);
  take(recent.requests);
  changed();
}

function follow() {
  if (document.hidden) {
    stop?.abort();
    stop = null;
    known.state = 'paused';
  } else if (!stop) {
    const own = new AbortController();
    stop = own;
    run(own);
  }
}

async function run(own) {
  for (let wait = 500; !own.signal.aborted; wait = Math.min(wait * 2, 8000)) {
    try {
      if (known.state !== 'connecting') await catchUp();
      await listen((event, data) => {
        if (event === 'open') wait = 500;
        known.state = 'live';
        tell(event, data);
      }, own.signal);
    } catch {
      if (own.signal.aborted) return;
      known.state = 'reconnecting';
      changed();
    }
    await new Promise(done => setTimeout(done, wait));
  }
}

function tell(event, data) {
  if (event === 'tick') {
    known.second = data.pools;
    known.points = [...known.points.filter(point => point[0] !== data.point[0]), data.point].slice(-mostPoints);
    for (const [pool, point] of Object.entries(data.pools)) addMinute(pool, point);
  } else if (event === 'lanes') {
    known.pools = data.pools;
    known.lanes = data.lanes;
    known.lanesAt = performance.now();
  } else if (event === 'requests') {
    known.missed += data.left_out;
    take(data.requests);
  } else if (event === 'dropped') known.missed += data.seconds;
  changed();
}

function addMinute(pool, point) {
  const minutes = known.minutes.get(pool) ?? [];
  const at = point[0] - point[0] % 60;
  const last = minutes.at(-1);
  if (last?.[0] === at) known.minutes.set(pool, [...minutes.slice(0, -1), last.map((value, index) => index ? value + point[index] : value)]);
  else known.minutes.set(pool, [...minutes, [at, ...point.slice(1)]].slice(-60));
}

function take(requests) {
  const bySequence = new Map([...known.requests, ...requests].map(request => [request.sequence, request]));
  const all = [...bySequence.values()].sort((left, right) => right.sequence - left.sequence);
  // As the gateway does: those in trouble are kept when others would push them out.
  const troubled = new Set(all.filter(isTroubled).slice(0, mostRequests / 2));
  known.requests = all.filter((request, index) => index < mostRequests / 2 || troubled.has(request));
  known.last = Math.max(known.last, requests[0]?.sequence ?? 0);
}

export const isTroubled = request => request.outcome !== 'ok' || request.failures.length > 0;
