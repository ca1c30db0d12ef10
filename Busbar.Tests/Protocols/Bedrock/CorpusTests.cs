using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Bedrock;
using Busbar.Wire.Json;
using JsonNode = System.Text.Json.Nodes.JsonNode;
using static Busbar.Tests.Protocols.Bedrock.Converse;

namespace Busbar.Tests.Protocols.Bedrock;

/// <summary>What holds for every recorded exchange.</summary>
public sealed class CorpusTests
{
    [SkippableFact, Trait("gotcha", "T2"), Trait("gotcha", "T215"), Trait("gotcha", "T221")]
    public void Every_recorded_request_is_written_back_with_the_same_meaning()
    {
        Skip.IfNot(Corpus.Exists);
        int count = 0;
        Assert.All(Requests, exchange =>
        {
            using ChatRequest request = ChatRequest.Rent();
            Assert.Null(TryRead(exchange.Request!.Body, request));
            byte[] written = Write(request, out Losses losses);
            Assert.Equal(Normal(Parse(exchange.Request.Body.Span)).ToJsonString(), Normal(Parse(written)).ToJsonString());
            Assert.True(losses.IsEmpty);
            count++;
        });
        Assert.True(count > 100, $"only {count}");
    }

    [SkippableFact, Trait("gotcha", "T1")]
    public void Every_recorded_request_written_as_from_another_protocol_fits_the_service_model_and_reads_back_the_same()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Requests, exchange =>
        {
            using ChatRequest request = ChatRequest.Rent();
            Assert.Null(TryRead(exchange.Request!.Body, request));
            byte[] written = WriteAsForeign(request);
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/ConverseRequest", written));
            using ChatRequest again = ChatRequest.Rent();
            Assert.Null(TryRead(written, again));
            Assert.Equal(Parse(written).ToJsonString(), Parse(WriteAsForeign(again)).ToJsonString());
        });
    }

    [SkippableFact]
    public void Every_recorded_answer_is_written_back_unchanged()
    {
        Skip.IfNot(Corpus.Exists);
        int count = 0;
        Assert.All(Answers, exchange =>
        {
            using ChatResponse response = ChatResponse.Rent();
            Assert.True(BedrockProtocol.Instance.ReadResponse(exchange.ResponseBody, response));
            JsonObject written = Parse(Write(response, out Losses losses));
            JsonObject expected = Parse(exchange.ResponseBody.Span);
            expected["metrics"] ??= written["metrics"]!.DeepClone();
            Assert.True(JsonNode.DeepEquals(expected, written), exchange.Id);
            Assert.True(losses.IsEmpty);
            count++;
        });
        Assert.True(count > 80, $"only {count}");
    }

    [SkippableFact]
    public void Every_recorded_answer_written_from_the_representation_fits_the_service_model_and_keeps_its_counts()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Answers, exchange =>
        {
            using ChatResponse response = ChatResponse.Rent();
            Assert.True(BedrockProtocol.Instance.ReadResponse(exchange.ResponseBody, response));
            AsForeign(response);
            byte[] written = Write(response, out _);
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/ConverseResponse", written));
            using ChatResponse again = ChatResponse.Rent();
            Assert.True(BedrockProtocol.Instance.ReadResponse(written, again));
            Assert.Equal(response.Usage, again.Usage);
            Assert.Equal(BedrockProtocol.Instance.ReadUsage(exchange.ResponseBody) with { Tier = ServedTier.Standard }, again.Usage);
            AsForeign(again);
            Assert.Equal(Parse(written).ToJsonString(), Parse(Write(again, out _)).ToJsonString());
        });
    }

    [SkippableFact, Trait("gotcha", "T206"), Trait("gotcha", "T210")]
    public void Every_recorded_stream_gives_the_same_events_after_it_was_written_anew_in_valid_frames()
    {
        Skip.IfNot(Corpus.Exists);
        int count = 0;
        Assert.All(Streams, exchange =>
        {
            List<string> lines = Lines(exchange.ResponseBody.Span);
            byte[] written = Restream(exchange.ResponseBody.Span);
            Assert.Equal(Shown(lines), Shown(Lines(written)));
            Assert.Equal(lines.Count(line => line.StartsWith("start ")), lines.Count(line => line.StartsWith("stop ")));
            foreach ((string name, JsonObject payload) in Payloads(written))
            {
                var wrapped = new JsonObject { [name.TrimStart('!')] = payload.DeepClone() };
                Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/ConverseStreamOutput", Encoding.UTF8.GetBytes(wrapped.ToJsonString())));
            }

            count++;
        });
        Assert.True(count > 45, $"only {count}");
    }

    [SkippableFact]
    public void The_observer_of_a_stream_sees_what_the_reader_sees()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            Usage usage = default;
            bool isComplete = false;
            StreamError? error = null;
            ReadStream(exchange.ResponseBody.Span, (in StreamEvent next) =>
            {
                usage.Merge(next.Usage);
                isComplete |= next.Kind == StreamEventKind.MessageStop;
                error ??= next.Error;
            });
            IStreamTap tap = BedrockProtocol.Instance.NewStreamTap();
            Frames(exchange.ResponseBody.Span, frame => tap.Observe(frame));
            Assert.Equal((usage, isComplete, error), (tap.Usage, tap.IsComplete, tap.Error));
            Assert.Equal(error is null, tap.HasContent);
        });
    }

    [SkippableFact]
    public void Random_damage_to_any_body_or_payload_never_throws()
    {
        Skip.IfNot(Corpus.Exists);
        var random = new Random(11);
        int read = 0;
        foreach (CorpusExchange exchange in Recorded)
        {
            for (int round = 0; round < 10; round++)
            {
                if (exchange.Request is { } recorded)
                {
                    using ChatRequest request = ChatRequest.Rent();
                    GatewayError? fault = TryRead(Damage.To(recorded.Body, random), request);
                    Assert.Equal(ErrorKind.InvalidRequest, fault?.Kind ?? ErrorKind.InvalidRequest);
                    if (fault is null)
                    {
                        read++;
                        Parse(Write(request, out _));
                        Parse(WriteAsForeign(request));
                    }
                }

                if (exchange.IsEventStream)
                {
                    Frames(exchange.ResponseBody.Span, _ => { });
                    var events = new List<(string, string)>();
                    Frames(exchange.ResponseBody.Span, frame =>
                        events.Add(((frame.IsException ? "!" : "") + Encoding.UTF8.GetString(frame.Name.Span),
                            Encoding.UTF8.GetString(Damage.To(frame.Data, random)))));
                    Payloads(Restream(Stream([.. events])));
                    continue;
                }

                byte[] body = Damage.To(exchange.ResponseBody, random);
                BedrockProtocol.Instance.ReadError(400, body);
                BedrockProtocol.Instance.ReadUsage(body);
                using ChatResponse response = ChatResponse.Rent();
                if (BedrockProtocol.Instance.ReadResponse(body, response))
                {
                    read++;
                    Parse(Write(response, out _));
                    AsForeign(response);
                    Parse(Write(response, out _));
                }
            }
        }

        Assert.True(read > 200, $"only {read}");
    }

    private static byte[] WriteAsForeign(ChatRequest request)
    {
        request.Source = ProtocolId.OpenAI;
        request.Extra.Clear();
        request.System.RemoveAll(block => block.Kind == BlockKind.Opaque);
        foreach (Message message in request.Messages)
        {
            message.Extra?.Clear();
            Forget(message.Blocks);
        }

        request.Tools.RemoveAll(tool => tool.Kind == ToolKind.Hosted);
        return Write(request, out _);
    }

    private static void AsForeign(ChatResponse response)
    {
        response.Source = ProtocolId.OpenAI;
        response.Extra.Clear();
        Forget(response.Blocks);
    }

    private static void Forget(List<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            block.Raw = default;
            Forget(block.Children ?? []);
        }
    }

    // Blocks of tools that the service runs are not shown, and what stands behind them is numbered again.
    private static List<string> Shown(List<string> lines)
    {
        string[] hidden = [.. lines.Where(line => line.StartsWith("start ") && line.Contains(" Server")).Select(line => line.Split(' ')[1])];
        var numbers = new Dictionary<string, string>();
        foreach (string line in lines.Where(line => line.StartsWith("start ")))
        {
            string number = line.Split(' ')[1];
            if (!hidden.Contains(number))
            {
                numbers[number] = numbers.Count.ToString();
            }
        }

        var shown = new List<string>();
        foreach (string line in lines)
        {
            string number = line[0] is '+' or '>' ? line[1..line.IndexOf(':')] : line.Split(' ') is [_, var second, ..]
                && char.IsAsciiDigit(second[0]) ? second : "";
            if (number.Length == 0)
            {
                shown.Add(line is "because Other" or "because Error" ? "because EndTurn" : line);
            }
            else if (numbers.TryGetValue(number, out string? renumbered))
            {
                int at = line.IndexOf(number, StringComparison.Ordinal);
                shown.Add(line[..at] + renumbered + line[(at + number.Length)..]);
            }
        }

        if (shown is ["message", ..])
        {
            shown.RemoveAt(0);
        }

        return shown;
    }

    // Every rule here is a difference that means nothing to the service.
    private static JsonObject Normal(JsonObject body)
    {
        foreach (string name in (string[])["inferenceConfig", "additionalModelRequestFields", "system", "outputConfig"])
        {
            if (body[name] is JsonObject { Count: 0 } or JsonArray { Count: 0 })
            {
                body.Remove(name);
            }
        }

        DropDefaults(body);
        return Sorted(body).AsObject();
    }

    private static void DropDefaults(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            if (members["toolResult"] is JsonObject result && (string?)result["status"] == "success")
            {
                result.Remove("status");
            }

            foreach (string name in members.Where(member => member.Value is null).Select(member => member.Key).ToList())
            {
                members.Remove(name);
            }
        }

        foreach (JsonNode? child in node switch { JsonObject o => o.Select(member => member.Value), JsonArray a => a, _ => [] })
        {
            DropDefaults(child);
        }
    }

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, member.Value is null ? null : Sorted(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : Sorted(item))]),
        _ => node.DeepClone(),
    };
}
