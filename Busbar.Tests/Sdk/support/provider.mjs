import http from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import anthropic from './protocols/anthropic.mjs';
import bedrock from './protocols/bedrock.mjs';
import cohere from './protocols/cohere.mjs';
import gemini from './protocols/gemini.mjs';
import openai from './protocols/openai.mjs';
import responses from './protocols/responses.mjs';
import { failure, play as scripted } from './model.mjs';
import { services } from './services.mjs';

export const protocols = [openai, responses, anthropic, gemini, bedrock, cohere];

/** A provider of every protocol at once, told apart by path. `requests` holds what reached it, oldest first; `play` says what the model answers. */
export async function startProvider(play = scripted) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const raw = Buffer.concat(await request.toArray()).toString();
    const { pathname, searchParams } = new URL(request.url, 'http://provider');
    const body = raw && JSON.parse(raw);
    const json = (status, value, headers) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    const service = services.find(candidate => candidate.matches(pathname));
    if (service) {
      requests.push({ protocol: service.id, path: request.url, headers: request.headers, body, raw });
      return json(200, service.answer(body));
    }
    const protocol = protocols.find(candidate => candidate.matches(pathname));
    if (!protocol) return void response.writeHead(404).end();
    const streams = protocol.streams(body, pathname, searchParams);
    const heard = protocol.hear(body);
    requests.push({ protocol: protocol.id, path: request.url, headers: request.headers, body, raw, streams, heard });

    const status = failure(raw);
    if (status) {
      const { headers, body: error } = protocol.error(status);
      return json(status, error, headers);
    }
    const answer = play(raw, heard);
    const context = { model: protocol.model, body };
    if (!streams) {
      return json(200, protocol.whole(answer, context));
    }
    response.writeHead(200, { 'content-type': protocol.streamType ?? 'text/event-stream' });
    for (const frame of protocol.stream(answer, context)) {
      for (const part of cut(Buffer.from(frame))) {
        if (!response.destroyed) response.write(part);
        await setImmediate();
      }
      if (answer.pause) await setTimeout(answer.pause);
    }
    if (answer.holds) await new Promise(resolve => response.once('close', resolve));
    answer.stop === 'cut' ? response.destroy() : response.end();
  });
  server.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    /** The newest request, which must have spoken `protocol`. */
    last(protocol) {
      const request = requests.at(-1);
      if (request?.protocol !== protocol) throw new Error(`the last request spoke ${request?.protocol}, not ${protocol}`);
      return request;
    },
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

// Packets respect no boundaries: not those of frames, nor those of characters. Error frames are short and arrive whole, as they do in life.
function* cut(bytes) {
  if (bytes.includes('error')) return yield bytes;
  for (let start = 0, size = 1; start < bytes.length; start += size, size = (size * 5 + 3) % 97) yield bytes.subarray(start, start + size);
}
