using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Every recorded exchange, played through the program between a client and a provider of its own protocol.</summary>
public sealed class RecordedTrafficScenarios
{
    /// <summary>
    /// Statuses that say something about the gateway's own account or the provider's health, so that the client gets another answer.
    /// </summary>
    private static readonly int[] NotTheClients = [401, 402, 403, 408, 429, 500, 502, 503, 504, 529];

    /// <summary>Answers that do not reach the client, because what they say is not meant for it.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["bedrock-6223d3d509"] = "a stream that begins with an exception is answered with the status of that exception",
        ["openai-responses-d9347beed9"] = "a stream that fails before any content is answered with a status",
        ["anthropic-b8a50f39ca"] = "a provider that cannot count tokens is stood in for",
        ["gemini-68cf03b3e5"] = "a provider that cannot count tokens is stood in for",
        ["bedrock-2ae86666b0"] = "tokens are estimated where the provider has no such model to count them",
        ["openai-chat-829e198500"] = "a 200 that holds no answer is a fault of the provider",
        ["openai-responses-fc8ca828e7"] = "the provider refused the gateway's own account",
        ["gemini-10d0f1648f"] = "the provider refused the gateway's own key",
        ["gemini-37e4319e71"] = "the provider refused the gateway's own key",
        ["gemini-c365f901ee"] = "the provider refused the gateway's own key",
        ["gemini-f5450db479"] = "the provider refused the gateway's own key",
    };

    [SkippableTheory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    [InlineData("gemini")]
    [InlineData("bedrock")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public Task Request_and_answer_pass_byte_for_byte_but_for_the_model(string protocol) => PlayAllAsync(protocol, byFrame: false);

    /// <summary>No frame is sent before the client has the one before it, so that whatever follows an error or a terminal arrives apart.</summary>
    [SkippableTheory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    [InlineData("gemini")]
    [InlineData("bedrock")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public Task Answers_whose_frames_come_one_by_one_pass_byte_for_byte(string protocol) => PlayAllAsync(protocol, byFrame: true);

    private static async Task PlayAllAsync(string protocol, bool byFrame)
    {
        Skip.IfNot(Corpus.Exists);
        ProtocolId id = Enumerable.Range(0, 6).Select(value => (ProtocolId)value).Single(value => value.Name() == protocol);
        Scene scene = await StartAsync(protocol);
        var wrong = new List<string>();
        foreach (CorpusExchange exchange in Corpus.Of(id).Where(
            exchange => !NotTheClients.Contains(exchange.Status) && (!byFrame || (exchange.Streaming && exchange.Status == 200))))
        {
            var received = new Received();
            CorpusRequest request = exchange.Request ?? Corpus.Of(id)
                .First(other => other.Request is not null && other.Streaming == exchange.Streaming && OperationOf(other) == Operation.Chat).Request!;
            UpstreamRequest? arrived = null;
            scene.Upstream.Always = async call =>
            {
                arrived = call.Request;
                await PlayAsync(call, exchange, byFrame ? received : null);
            };
            (byte[] sent, byte[] expected) = Named(request, id);
            using var message = new HttpRequestMessage(HttpMethod.Post,
                (IsNamed(request, id) ? "" : "/smart") + PathOf(exchange, id, "smart") + QueryOf(exchange, id)) { Content =
                new ByteArrayContent(sent) };
            message.Content.Headers.ContentType = new("application/json");
            message.Headers.TryAddWithoutValidation("x-api-key", Scene.Token);
            using HttpResponseMessage response = await scene.Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
            byte[] answer = await received.ReadAsync(response);

            if (arrived is null || !arrived.Body.AsSpan().SequenceEqual(expected))
            {
                wrong.Add($"{exchange.Id}: the request is not the " +
                    $"client's; {(int)response.StatusCode} {Encoding.UTF8.GetString(answer)[..Math.Min(120, answer.Length)]}");
            }

            // A stream that the recorder cut gets an error event at its end.
            bool same = exchange.Tags.Contains("stream-truncated") || exchange.Id == "gemini-29cf02695c"
                ? answer.AsSpan().StartsWith(exchange.ResponseBody.Span.TrimEnd("]\r\n "u8))
                : answer.AsSpan().SequenceEqual(exchange.ResponseBody.Span);
            if (((int)response.StatusCode != exchange.Status || !same) && !Exceptions.ContainsKey(exchange.Id))
            {
                wrong.Add($"{exchange.Id}: the answer is not the provider's: {(int)response.StatusCode} for {exchange.Status}, {answer.Length} " +
                    $"bytes for {exchange.ResponseBody.Length}, {string.Join(' ', exchange.Tags)}:" +
                    $" {Encoding.UTF8.GetString(answer)[^Math.Min(160, answer.Length)..]}");
            }

            if ((int)response.StatusCode == exchange.Status)
            {
                wrong.AddRange(IdsAndLimits(exchange).Where(header => !response.Headers.TryGetValues(header.Key, out var values)
                    || !values.Contains(header.Value))
                    .Select(header => $"{exchange.Id}: {header.Key} is not the provider's"));
            }
            else
            {
                await scene.DisposeAsync();
                scene = await StartAsync(protocol);
            }
        }

        await scene.DisposeAsync();

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static Task<Scene> StartAsync(string protocol) => Scene.StartAsync(new SceneConfig(new SpokenBare(protocol)));

    private static async Task PlayAsync(UpstreamCall call, CorpusExchange exchange, Received? received)
    {
        if (!exchange.Streaming || exchange.Status != 200)
        {
            await call.AnswerAsync(exchange.Status, exchange.ResponseBody.ToArray(), exchange.ContentType,
                [.. IdsAndLimits(exchange).Select(static header => (header.Key, header.Value))]);
            return;
        }

        string headers = string.Concat(IdsAndLimits(exchange).Select(static header => $"{header.Key}: {header.Value}\r\n"));
        await call.RawAsync(
            $"HTTP/1.1 200 OK\r\nContent-Type: {exchange.ContentType}\r\nContent-Length: {exchange.ResponseBody.Length}\r\n{headers}\r\n");

        if (received is not null)
        {
            int sent = 0;
            foreach (int end in FrameEnds(exchange))
            {
                await call.RawAsync(exchange.ResponseBody[sent..end]);
                sent = end;
                await received.ReachesAsync(sent);
            }

            await call.RawAsync(exchange.ResponseBody[sent..]);
            return;
        }

        // Cuts that fall anywhere, the same in every run.
        var random = new Random(exchange.ResponseBody.Length);
        for (ReadOnlyMemory<byte> rest = exchange.ResponseBody; !rest.IsEmpty;)
        {
            int next = Math.Min(rest.Length, random.Next(1, 3000));
            await call.RawAsync(rest[..next]);
            rest = rest[next..];
        }
    }

    // What SDKs show as the request's id, and what clients pace themselves by.
    private static IEnumerable<KeyValuePair<string, string>> IdsAndLimits(CorpusExchange exchange) => exchange.ResponseHeaders.Where(static header =>
        header.Value.All(char.IsAscii) && (header.Key.Contains("ratelimit", StringComparison.OrdinalIgnoreCase)
            || header.Key.EndsWith("request-id", StringComparison.OrdinalIgnoreCase)
            || header.Key.EndsWith("requestid", StringComparison.OrdinalIgnoreCase)
            || header.Key.Contains("-endpoint-", StringComparison.OrdinalIgnoreCase)));

    private static List<int> FrameEnds(CorpusExchange exchange)
    {
        using IFramer framer = ProtocolTable.Get(exchange.Protocol).NewFramer(exchange.ContentType);
        exchange.ResponseBody.CopyTo(framer.GetMemory(exchange.ResponseBody.Length));
        framer.Advance(exchange.ResponseBody.Length);
        var ends = new List<int>();
        while (framer.TryRead(out _) == FrameResult.Frame)
        {
            ends.Add((int)framer.FrameEnd);
        }

        return ends;
    }

    private static bool IsNamed(CorpusRequest request, ProtocolId id) =>
        id is ProtocolId.Bedrock or ProtocolId.Gemini || (RequestScan.TryScan(request.Body, out RequestScan scan) == ScanResult.Ok
            && scan.ModelIsString);

    // The body with the client's name for the model, and with the provider's.
    private static (byte[] Sent, byte[] Expected) Named(CorpusRequest request, ProtocolId id)
    {
        ReadOnlyMemory<byte> body = request.Body;
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(body, out RequestScan scan));
        if (id is ProtocolId.Bedrock or ProtocolId.Gemini)
        {
            return (body.ToArray(), body.ToArray());
        }

        if (!scan.ModelIsString)
        {
            // It was named in the address (Azure), or belongs to a stored prompt; here it is named in front of the path, and joins the body.
            return (body.ToArray(), [.. body[..scan.ClosingBrace].Span.TrimEnd(" \t\r\n"u8), .. ",\"model\":\"wire-0\""u8,
                .. body[scan.ClosingBrace..].Span]);
        }

        byte[] With(string model) => [.. body[..scan.Model.Offset].Span, .. Encoding.UTF8.GetBytes($"\"{model}\""), .. body[scan.Model.End..].Span];
        return (With("smart"), With("wire-0"));
    }

    private static Operation OperationOf(CorpusExchange exchange) => exchange.Request?.Path switch
    {
        null => Operation.Chat,
        var path when path.EndsWith("count_tokens", StringComparison.Ordinal) || path.EndsWith("input_tokens", StringComparison.Ordinal)
            || path.EndsWith(":countTokens", StringComparison.Ordinal)
                || path.EndsWith("count-tokens", StringComparison.Ordinal) => Operation.CountTokens,
        var path when path.EndsWith("/compact", StringComparison.Ordinal) => Operation.Compact,
        _ => Operation.Chat,
    };

    private static string PathOf(CorpusExchange exchange, ProtocolId id, string model) => (id, OperationOf(exchange)) switch
    {
        (ProtocolId.Anthropic, Operation.CountTokens) => "/v1/messages/count_tokens",
        (ProtocolId.Responses, Operation.CountTokens) => "/v1/responses/input_tokens",
        (ProtocolId.Gemini, Operation.CountTokens) => $"/v1beta/models/{model}:countTokens",
        (ProtocolId.Bedrock, Operation.CountTokens) => $"/model/{model}/count-tokens",
        (ProtocolId.Responses, Operation.Compact) => "/v1/responses/compact",
        (ProtocolId.Anthropic, _) => "/v1/messages",
        (ProtocolId.OpenAI, _) => "/v1/chat/completions",
        (ProtocolId.Responses, _) => "/v1/responses",
        (ProtocolId.Cohere, _) => "/v2/chat",
        (ProtocolId.Bedrock, _) => $"/model/{model}/{(exchange.Streaming ? "converse-stream" : "converse")}",
        _ => $"/v1beta/models/{model}:{(exchange.Streaming ? "streamGenerateContent" : "generateContent")}",
    };

    private static string QueryOf(CorpusExchange exchange, ProtocolId id) => id == ProtocolId.Gemini && exchange.IsSse ? "?alt=sse" : "";

    /// <summary>
    /// What the client has of an answer so far. Nothing is waited for before its first byte, since the beginning of an answer is held back.
    /// </summary>
    private sealed class Received
    {
        private readonly MemoryStream _bytes = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _hasEnded;

        public async Task<byte[]> ReadAsync(HttpResponseMessage response)
        {
            Stream stream = await response.Content.ReadAsStreamAsync();
            byte[] buffer = new byte[16 * 1024];
            while (!_hasEnded)
            {
                int read = await stream.ReadAsync(buffer);
                lock (_bytes)
                {
                    _bytes.Write(buffer, 0, read);
                    _hasEnded = read == 0;
                    _more.TrySetResult();
                }
            }

            return _bytes.ToArray();
        }

        public async Task ReachesAsync(int length)
        {
            while (true)
            {
                Task more;
                lock (_bytes)
                {
                    if (_hasEnded || _bytes.Length == 0 || _bytes.Length >= length)
                    {
                        return;
                    }

                    _more = _more.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : _more;
                    more = _more.Task;
                }

                await more.WaitAsync(Eventually.Bound);
            }
        }
    }
}
