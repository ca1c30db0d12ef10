using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Responses;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Responses.StreamScript;

namespace Busbar.Tests.Protocols.Responses;

public class StreamTests
{
    [SkippableFact]
    public void Every_recorded_stream_says_the_same_after_it_was_read_and_written()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Streams)
        {
            List<StreamEvent> events = Read(exchange.ResponseBody);
            if (!events.Any(found => found.Kind == StreamEventKind.MessageStop))
            {
                continue;
            }

            byte[] written = Write(InOrder(events), out _);
            Assert.True(StreamRules.Check(written) is { Count: 0 }, $"{exchange.Id}: {string.Join("; ", StreamRules.Check(written))}");
            Assert.True(
                Digest(InOrder(events), IsExpressible) == Digest(Read(written)),
                $"{exchange.Id}\n{Digest(InOrder(events), IsExpressible)}\n---\n{Digest(Read(written))}");
        }
    }

    [SkippableFact]
    public void Every_recorded_stream_ends_as_its_terminal_says_and_its_events_match_the_terminal_output()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Exchange.Streams)
        {
            Frame terminal = Frames(exchange.ResponseBody).FirstOrDefault(
                frame => frame.Is("response.completed"u8) || frame.Is("response.incomplete"u8));
            if (terminal.Data.IsEmpty)
            {
                continue;
            }

            using ChatResponse whole = Exchange.ReadAnswer(Encoding.UTF8.GetBytes(
                Exchange.Parse(terminal.Data).GetProperty("response").GetRawText()));
            List<StreamEvent> events = InOrder(Read(exchange.ResponseBody));
            StreamEvent end = events.Last(found => found.Kind == StreamEventKind.MessageDelta);
            Assert.Equal((exchange.Id, whole.StopReason), (exchange.Id, end.StopReason));
            Assert.True(whole.Usage.Equals(end.Usage),
                $"{exchange.Id} {whole.Usage.Total} {end.Usage.Total} {whole.Usage.IsReported} {end.Usage.IsReported}");
            if (whole.Blocks.Count > 0)
            {
                string Words(IEnumerable<string> texts) => string.Concat(texts);
                Assert.Equal(
                    exchange.Id + Words(whole.Blocks.Where(block => block.Kind is BlockKind.Text or BlockKind.Refusal)
                        .Select(block => block.Text.ToString())),
                    exchange.Id + Words(TextOf(events)));
                seen++;
            }
        }

        Assert.True(seen > 40, $"{seen} streams");
    }

    [SkippableFact]
    public void Recorded_streams_written_here_match_the_published_event_shapes()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Streams)
        {
            List<StreamEvent> events = Read(exchange.ResponseBody);
            foreach (Frame frame in Frames(Write(InOrder(events), out _)))
            {
                IReadOnlyList<string> faults = SchemaCheck.Validate(Exchange.Schemas, Shape(frame), frame.Data.ToArray());
                Assert.True(faults.Count == 0,
                    $"{exchange.Id} {Encoding.UTF8.GetString(frame.Name.Span)}:" +
                    $" {string.Join("\n", faults.Take(5))}\n{Encoding.UTF8.GetString(frame.Data.Span)}");
            }
        }
    }

    [SkippableFact]
    public void Streams_cut_at_any_frame_never_end_by_themselves_and_never_throw()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Streams.Take(25))
        {
            List<Frame> frames = Frames(exchange.ResponseBody);
            int terminal = frames.FindIndex(frame => frame.Is("response.completed"u8) || frame.Is("response.incomplete"u8)
                || frame.Is("response.failed"u8) || frame.Is("error"u8));
            using IStreamReader reader = ResponsesProtocol.Instance.NewStreamReader();
            var events = new StreamEvents();
            foreach (Frame frame in frames.Take(Math.Max(terminal, 0)))
            {
                reader.Read(frame, events);
            }

            reader.Complete(events);
            for (int index = 0; index < events.Count; index++)
            {
                Assert.NotEqual(StreamEventKind.MessageStop, events[index].Kind);
            }
        }
    }

    [Fact]
    [Trait("gotcha", "T148")]
    [Trait("gotcha", "T149")]
    [Trait("gotcha", "T150")]
    [Trait("gotcha", "T151")]
    [Trait("gotcha", "T152")]
    [Trait("gotcha", "T162")]
    public void Interleaved_writers_keep_every_rule_for_random_answers()
    {
        var random = new Random(20261122);
        for (int round = 0; round < 200; round++)
        {
            List<StreamEvent>[] scripts = [RandomAnswer(random), RandomAnswer(random)];
            using var first = new PooledBuffer();
            using var second = new PooledBuffer();
            using IStreamWriter one = NewWriter();
            using IStreamWriter two = NewWriter();
            int[] next = [0, 0];
            while (next[0] < scripts[0].Count || next[1] < scripts[1].Count)
            {
                int turn = next[0] == scripts[0].Count ? 1 : next[1] == scripts[1].Count ? 0 : random.Next(2);
                (turn == 0 ? one : two).Write(scripts[turn][next[turn]++], turn == 0 ? first : second);
            }

            Assert.Empty(StreamRules.Check(first.Span.ToArray()));
            Assert.Empty(StreamRules.Check(second.Span.ToArray()));
            Assert.Equal(Digest(scripts[0]), Digest(Read(first.Span.ToArray())));
        }
    }

    [Theory]
    [Trait("gotcha", "T147")]
    [InlineData(nameof(StopReason.MaxTokens), "response.incomplete", "max_output_tokens")]
    [InlineData(nameof(StopReason.Safety), "response.incomplete", "content_filter")]
    [InlineData(nameof(StopReason.EndTurn), "response.completed", null)]
    [InlineData(nameof(StopReason.Error), "response.failed", null)]
    public void The_terminal_names_why_the_answer_ended(string reason, string terminal, string? incomplete)
    {
        StreamEvent delta = Make(StreamEventKind.MessageDelta);
        delta.StopReason = Enum.Parse<StopReason>(reason);
        byte[] written = Write([Make(StreamEventKind.MessageStart), delta, Make(StreamEventKind.MessageStop)], out _);
        JsonElement last = Exchange.Parse(Frames(written)[^1].Data);
        Assert.Equal(terminal, last.GetProperty("type").GetString());
        JsonElement details = last.GetProperty("response").GetProperty("incomplete_details");
        Assert.Equal(incomplete, details.ValueKind == JsonValueKind.Null ? null : details.GetProperty("reason").GetString());
    }

    [Fact]
    [Trait("gotcha", "T159")]
    public void An_error_is_a_failed_response_with_a_token_for_a_code_even_before_anything_was_written()
    {
        foreach (string? code in (string?[])[null, "Too many people at once!", "rate_limit_exceeded"])
        {
            using var output = new PooledBuffer();
            using IStreamWriter writer = NewWriter();
            writer.WriteError(new GatewayError(ErrorKind.RateLimit, "Rate limit reached for this model.", Code: code), output);
            byte[] written = output.Span.ToArray();
            Assert.Empty(StreamRules.Check(written));
            JsonElement response = Exchange.Parse(Frames(written)[^1].Data).GetProperty("response");
            Assert.Equal("rate_limit_exceeded", response.GetProperty("error").GetProperty("code").GetString());
            Assert.Equal("failed", response.GetProperty("status").GetString());
        }
    }

    [Fact]
    public void An_error_in_the_middle_of_an_item_still_ends_the_stream_once()
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = NewWriter();
        writer.Write(Make(StreamEventKind.MessageStart), output);
        writer.Write(Make(StreamEventKind.BlockStart), output);
        writer.Write(Make(StreamEventKind.TextDelta, text: "half"), output);
        writer.WriteError(new GatewayError(ErrorKind.BadGateway), output);
        Assert.Empty(StreamRules.Check(output.Span.ToArray()));
    }

    [Fact]
    public void A_sign_of_life_is_a_comment_that_no_parser_takes_for_an_event()
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = NewWriter();
        writer.WriteKeepAlive(output);
        Assert.StartsWith(":", Encoding.UTF8.GetString(output.Span));
        Assert.EndsWith("\n\n", Encoding.UTF8.GetString(output.Span));
    }

    [Fact]
    [Trait("gotcha", "T161")]
    public void Citations_stand_in_the_assembled_item()
    {
        StreamEvent cite = Make(StreamEventKind.CitationDelta);
        cite.Citation = Citation.New(CitationKind.Web, ProtocolId.Anthropic);
        cite.Citation.Url = JsonText.From("https://example.org/");
        byte[] written = Write(
            [
                Make(StreamEventKind.MessageStart), Make(StreamEventKind.BlockStart),
                Make(StreamEventKind.TextDelta, text: "gr\u00fc\u00dfe \ud83d\ude00"), cite, cite,
                Make(StreamEventKind.BlockStop), Make(StreamEventKind.MessageDelta), Make(StreamEventKind.MessageStop),
            ],
            out _);
        Assert.Empty(StreamRules.Check(written));
        JsonElement item = Exchange.Parse(Frames(written)[^1].Data).GetProperty("response").GetProperty("output")[0];
        JsonElement annotations = item.GetProperty("content")[0].GetProperty("annotations");
        Assert.Equal(2, annotations.GetArrayLength());
        Assert.Equal(7, annotations[1].GetProperty("end_index").GetInt32());
    }

    [Fact]
    public void A_custom_tool_call_streams_as_raw_input()
    {
        StreamEvent start = Make(StreamEventKind.BlockStart, block: BlockKind.ToolUse, id: "call_1", name: "apply_patch");
        start.IsCustomTool = true;
        byte[] written = Write(
            [
                Make(StreamEventKind.MessageStart), start, Make(StreamEventKind.InputDelta, text: "*** Begin"),
                Make(StreamEventKind.InputDelta, text: " Patch\n"),
                Make(StreamEventKind.BlockStop), Make(StreamEventKind.MessageDelta), Make(StreamEventKind.MessageStop),
            ],
            out _);
        Assert.Empty(StreamRules.Check(written));
        JsonElement item = Exchange.Parse(Frames(written)[^1].Data).GetProperty("response").GetProperty("output")[0];
        Assert.Equal("custom_tool_call", item.GetProperty("type").GetString());
        Assert.Equal("*** Begin Patch\n", item.GetProperty("input").GetString());
    }

    [Fact]
    public void A_refusal_without_words_is_given_some()
    {
        StreamEvent delta = Make(StreamEventKind.MessageDelta);
        delta.StopReason = StopReason.Refusal;
        delta.StopExplanation = JsonText.From("Not this.");
        byte[] written = Write([Make(StreamEventKind.MessageStart), delta, Make(StreamEventKind.MessageStop)], out _);
        Assert.Empty(StreamRules.Check(written));
        Assert.Contains("Refusal", Digest(Read(written)));
        Assert.Contains("Not this.", Digest(Read(written)));
    }

    [Fact]
    [Trait("gotcha", "T53")]
    public void A_foreign_signature_never_becomes_encrypted_content()
    {
        StreamEvent sign = Make(StreamEventKind.SignatureDelta, text: "foreign");
        sign.Origin = ProtocolId.Anthropic;
        byte[] written = Write(
            [
                Make(StreamEventKind.MessageStart), Make(StreamEventKind.BlockStart, block: BlockKind.Thinking), sign,
                Make(StreamEventKind.BlockStop),
                Make(StreamEventKind.MessageDelta), Make(StreamEventKind.MessageStop),
            ],
            out Losses losses);
        Assert.DoesNotContain("foreign", Encoding.UTF8.GetString(written));
        Assert.True(losses.Contains(LossField.ThinkingSignature));
    }

    [Fact]
    public void Deltas_cost_no_heap_memory()
    {
        using var output = new PooledBuffer(1 << 20);
        using IStreamWriter writer = NewWriter();
        writer.Write(Make(StreamEventKind.MessageStart), output);
        writer.Write(Make(StreamEventKind.BlockStart), output);
        StreamEvent delta = Make(StreamEventKind.TextDelta, text: "word ");
        writer.Write(delta, output);

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int index = 0; index < 100; index++)
            {
                writer.Write(delta, output);
            }
        }));
    }

    private static bool IsExpressible(StreamEvent start) => start.Block is not (BlockKind.ServerToolUse or BlockKind.Opaque);

    private static IStreamWriter NewWriter() => ResponsesProtocol.Instance.NewStreamWriter(
        new StreamContext(Exchange.Identity, false, false, () => 0));

    private static IEnumerable<string> TextOf(List<StreamEvent> events)
    {
        bool isText = false;
        foreach (StreamEvent found in events)
        {
            isText = found.Kind == StreamEventKind.BlockStart ? found.Block is BlockKind.Text or BlockKind.Refusal : isText;
            if (found.Kind == StreamEventKind.TextDelta && isText)
            {
                yield return found.Text.ToString();
            }
        }
    }

    private static string Shape(Frame frame)
    {
        string[] words = Encoding.UTF8.GetString(frame.Name.Span).Split('.', '_');
        string name = string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..])) + "Event";
        return "#/components/schemas/" + name.Replace("ResponseOutputTextDelta", "ResponseTextDelta")
            .Replace("ResponseOutputTextDone", "ResponseTextDone");
    }

    private static List<StreamEvent> RandomAnswer(Random random)
    {
        var events = new List<StreamEvent> { Make(StreamEventKind.MessageStart) };
        BlockKind[] kinds = [BlockKind.Text, BlockKind.Thinking, BlockKind.ToolUse, BlockKind.Refusal];
        int blocks = random.Next(7);
        bool called = false;
        bool refused = false;
        for (int index = 0; index < blocks; index++)
        {
            BlockKind kind = kinds[random.Next(kinds.Length)];
            bool custom = random.Next(2) == 0;
            StreamEvent start = kind == BlockKind.ToolUse
                ? Make(StreamEventKind.BlockStart, index, kind, id: $"call_{index}", name: "f")
                : Make(StreamEventKind.BlockStart, index, kind);
            start.IsCustomTool = custom && kind == BlockKind.ToolUse;
            called |= kind == BlockKind.ToolUse;
            refused |= kind == BlockKind.Refusal;
            events.Add(start);
            for (int delta = random.Next(1, 4); delta > 0; delta--)
            {
                events.Add(Make(kind == BlockKind.ToolUse ? StreamEventKind.InputDelta : StreamEventKind.TextDelta, index,
                    text: $"\"{delta}\" \u00e9\n"));
            }

            if (kind == BlockKind.Thinking && random.Next(2) == 0)
            {
                events.Add(Make(StreamEventKind.SignatureDelta, index, text: "gAAA"));
            }

            events.Add(Make(StreamEventKind.BlockStop, index));
        }

        StreamEvent end = Make(StreamEventKind.MessageDelta);
        end.StopReason = called ? StopReason.ToolUse : refused ? StopReason.Refusal : StopReason.EndTurn;
        end.Usage = new Usage { IsReported = true, Input = 5, CacheRead = 3, CacheWrite = 2, Output = 9, Reasoning = 4 };
        events.Add(end);
        events.Add(Make(StreamEventKind.MessageStop));
        return events;
    }
}
