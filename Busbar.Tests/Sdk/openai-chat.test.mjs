import OpenAI from 'openai';
import { testChat } from './support/openai-chat.mjs';

testChat({ name: 'openai chat', open: (url, apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }) });
