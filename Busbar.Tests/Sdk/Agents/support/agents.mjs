// The agents, each with what a user sets for it and the tools by which it edits and runs. `keeps` names the providers whose signed thinking it
// sends back, where it can.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { protocols } from '../../support/provider.mjs';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const platform = `${process.platform}-${process.arch}`;
const call = (name, args) => ({ call: { name, args } });

export const before = 'colour: red\n';
export const after = 'colour: green\n';
const edit = { old: 'red', new: 'green' };
const patch = `*** Begin Patch\n*** Update File: notes.txt\n@@\n-${before}+${after}*** End Patch\n`;
const command = 'cat notes.txt && echo ran > proof.txt';

// Claude Code as the vendor's own client, and as that of two clouds.
const claudes = {
  'Claude Code': ({ url, token, provider }) => ({ ANTHROPIC_BASE_URL: `${url}/${provider}`, ANTHROPIC_AUTH_TOKEN: token, ANTHROPIC_MODEL: 'claude-sonnet-4-6' }),
  'Claude Code for Bedrock': ({ url, token, provider }) => ({
    CLAUDE_CODE_USE_BEDROCK: '1', ANTHROPIC_BEDROCK_BASE_URL: `${url}/${provider}`, AWS_BEARER_TOKEN_BEDROCK: token, AWS_REGION: 'eu-central-1',
    ANTHROPIC_MODEL: 'eu.anthropic.claude-sonnet-4-6',
  }),
  'Claude Code for Vertex AI': ({ url, token, provider }) => ({
    CLAUDE_CODE_USE_VERTEX: '1', CLAUDE_CODE_SKIP_VERTEX_AUTH: '1', ANTHROPIC_VERTEX_BASE_URL: `${url}/${provider}/v1`, ANTHROPIC_VERTEX_PROJECT_ID: 'any-1', CLOUD_ML_REGION: 'us-east5',
    ANTHROPIC_CUSTOM_HEADERS: `Authorization: Bearer ${token}`, ANTHROPIC_MODEL: 'claude-sonnet-4-6',
  }),
};

export const agents = [
  ...Object.entries(claudes).map(([name, env]) => ({
    name,
    keeps: ['responses', 'anthropic', 'gemini', 'bedrock'],
    binary: join(modules, '@anthropic-ai', `claude-code-${platform}`, 'claude'),
    env: setting => ({
      ...env(setting), MAX_THINKING_TOKENS: '4000',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1', IS_SANDBOX: '1',
    }),
    args: ({ prompt }) => ['-p', prompt, '--dangerously-skip-permissions', '--output-format', 'stream-json', '--verbose'],
    turns: ({ file }) => [
      call('Read', { file_path: file }),
      call('Edit', { file_path: file, old_string: edit.old, new_string: edit.new }),
      call('Bash', { command, description: 'Shows the file' }),
    ],
  })),
  // The older of these models has its tools in the list of tools; the newer one has them in the input, and runs them from a script.
  ...['gpt-5.5', 'gpt-6-sol'].map(model => ({
    name: `Codex with ${model}`,
    keeps: ['responses', 'anthropic', 'gemini', 'bedrock'],
    binary: join(modules, '.bin', 'codex'),
    prepare({ home, url, provider }) {
      mkdirSync(join(home, '.codex'));
      writeFileSync(join(home, '.codex', 'config.toml'), `
model = "${model}"
model_provider = "busbar"
model_reasoning_effort = "high"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.busbar]
name = "Busbar"
base_url = "${url}/${provider}/v1"
env_key = "BUSBAR_TOKEN"
wire_api = "responses"
`);
    },
    env: ({ token }) => ({ BUSBAR_TOKEN: token }),
    args: ({ prompt }) => ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--json', prompt],
    turns: () => model === 'gpt-5.5'
      ? [call('apply_patch', { input: patch }), call('exec_command', { cmd: command })]
      : [`text(await tools.apply_patch(${JSON.stringify(patch)}));`, `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }));`].map(input => call('exec', { input })),
  })),
  {
    name: 'Gemini CLI',
    keeps: ['gemini'], // of thoughts it keeps what stands on calls
    binary: join(modules, '.bin', 'gemini'),
    prepare({ home }) {
      mkdirSync(join(home, '.gemini'));
      writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false },
        general: { disableAutoUpdate: true, enableAutoUpdate: false, disableUpdateNag: true },
      }));
    },
    env: ({ url, token, provider }) => ({ GOOGLE_GEMINI_BASE_URL: `${url}/${provider}`, GEMINI_API_KEY: token, GEMINI_CLI_TRUST_WORKSPACE: 'true' }),
    args: ({ prompt }) => ['-m', 'gemini-3-pro-preview', '--yolo', '--output-format', 'json', '-p', prompt],
    turns: ({ file }) => [
      call('read_file', { file_path: file }),
      call('replace', { file_path: file, old_string: edit.old, new_string: edit.new, instruction: 'Make it green.' }),
      call('run_shell_command', { command, description: 'Shows the file' }),
    ],
  },
  ...['openai-compatible', 'openai'].map(kind => ({
    name: `opencode with @ai-sdk/${kind}`,
    keeps: kind === 'openai' ? ['responses', 'anthropic', 'gemini', 'bedrock'] : [],
    ...(kind === 'openai' && { providers: ['responses', 'anthropic', 'gemini'] }), // it takes its time
    binary: join(modules, `opencode-${platform}`, 'bin', 'opencode'),
    prepare({ work, url, provider, token }) {
      const model = kind === 'openai' ? 'gpt-5.2' : 'smart';
      writeFileSync(join(work, 'opencode.json'), JSON.stringify({
        autoupdate: false, share: 'disabled', model: `busbar/${model}`, small_model: `busbar/${model}`, permission: 'allow',
        provider: {
          busbar: {
            npm: `@ai-sdk/${kind}`, name: 'Busbar', options: { baseURL: `${url}/${provider}/v1`, apiKey: token },
            models: { [model]: { name: model, reasoning: true, tool_call: true, limit: { context: 200000, output: 32000 }, options: { reasoningEffort: 'high' } } },
          },
        },
      }));
    },
    env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' }),
    args: ({ prompt }) => ['run', '--title', 'Notes', '--format', 'json', prompt],
    turns: ({ file }) => [
      call('read', { filePath: file }),
      // The vendor's own models are given another tool.
      kind === 'openai' ? call('apply_patch', { patchText: patch }) : call('edit', { filePath: file, oldString: edit.old, newString: edit.new }),
      call('bash', { command, description: 'Shows the file' }),
    ],
  })),
].map(agent => ({ prepare() {}, providers: protocols.map(({ id }) => id), ...agent, isInstalled: existsSync(agent.binary) }));
