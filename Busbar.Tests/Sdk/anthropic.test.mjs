import Anthropic from '@anthropic-ai/sdk';
import { testAnthropic } from './support/anthropic.mjs';

testAnthropic({ name: '@anthropic-ai/sdk', open: (baseURL, apiKey) => new Anthropic({ baseURL, apiKey, maxRetries: 0 }) });
