import { GoogleGenAI } from '@google/genai';
import { testGemini } from './support/gemini.mjs';

testGemini({ name: '@google/genai', open: (baseUrl, apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl } }) });
