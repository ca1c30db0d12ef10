using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Gemini;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Gemini;

public sealed class StreamTests
{
    [Fact, Trait("gotcha", "T193"), Trait("gotcha", "T194"), Trait("gotcha", "T190"), Trait("gotcha", "T277")]
    public void Thoughts_words_and_calls_are_blocks_of_their_own()
    {
        Assert.Equal(
            ["message m", "start 0 Thinking", "+0:a", "stop 0", "start 1 ToolUse f", "signature 1 s", ">1:{}", "stop 1", "start 2 ToolUse f",
                ">2:{\"a\":1.0}", "stop 2", "start 3 Text", "+3:bc", "because ToolUse", "stop 3", "end"],
            Content.Lines(
                Content.Answer(
                    """{"text":"a","thought":true},{"functionCall":{"name":"f"},"thoughtSignature":"s"},{"functionCall":{"name":"f","args":""" +
                    """{"a":1.0}}}"""),
                Content.Answer("""{"text":"b"},{"text":"c"}""", "STOP")));
    }

    [Fact]
    public void Words_go_on_after_a_finish_reason_that_every_chunk_repeats()
    {
        Assert.Equal(
            ["message m", "start 0 Text", "+0:a", "because EndTurn", "+0:b", "stop 0", "end"],
            Content.Lines(Content.Answer("""{"text":"a"}""", "STOP"), Content.Answer("""{"text":"b"}""", "STOP")));
    }

    [Fact, Trait("gotcha", "T256")]
    public void Counts_that_follow_the_finish_are_taken_and_a_cut_stream_has_no_end()
    {
        List<string> lines = Content.Lines(Content.Answer("""{"text":"a"}""", "STOP"),
            """{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}""");
        Assert.Equal("usage 3 0 1 0", lines[^3]);
        Assert.Equal("end", lines[^1]);
        Assert.DoesNotContain("end", Content.Lines(Content.Answer("""{"text":"a"}""")));
    }

    [Fact]
    public void Arguments_in_pieces_are_put_together()
    {
        static string Piece(string path, string value, bool more = false) =>
            Content.Answer("{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"" + path + "\"," + value + (more ? ",\"willContinue\":true" : "")
                + "}],\"willContinue\":true}}");
        List<string> lines = Content.Lines(
            Content.Answer("""{"functionCall":{"name":"f","willContinue":true},"thoughtSignature":"s"}"""),
            Piece("$.list[0].name", "\"stringValue\":\"a\\n\"", true),
            Piece("$.list[0].name", "\"stringValue\":\"b\""),
            Piece("$.list[0].price", "\"numberValue\":0.50"),
            Piece("$.list[1].name", "\"stringValue\":\"c\""),
            Piece("$['odd.key']", "\"boolValue\":true"),
            Piece("$.none", "\"nullValue\":null"),
            Content.Answer("""{"functionCall":{}}"""),
            Content.Answer("", "STOP"));
        Assert.Equal("""{"list":[{"name":"a\nb","price":0.50},{"name":"c"}],"odd.key":true,"none":null}""",
            lines.Single(line => line.StartsWith(">0:"))[3..]);
        Assert.Equal(["message m", "start 0 ToolUse f", "signature 0 s"], lines[..3]);
        Assert.Equal(["stop 0", "because ToolUse", "end"], lines[^3..]);
    }

    [Fact]
    public void A_call_in_pieces_ends_with_the_next_call_or_with_the_stream()
    {
        List<string> lines = Content.Lines(
            Content.Answer("""{"functionCall":{"name":"f","willContinue":true}}"""),
            Content.Answer("""{"functionCall":{"name":"g","willContinue":true,"partialArgs":{"jsonPath":"$.a","numberValue":1}}}""", "STOP"));
        Assert.Equal(["start 0 ToolUse f", ">0:{}", "stop 0", "start 1 ToolUse g", "because ToolUse", ">1:{\"a\":1}", "stop 1", "end"], lines[1..]);
    }

    [Fact, Trait("gotcha", "T188"), Trait("gotcha", "T189")]
    public void A_call_in_fragments_is_written_as_one_part()
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = Writer(false);
        Feed(writer, output, new() { Kind = StreamEventKind.MessageStart });
        for (int index = 0; index < 2; index++)
        {
            Feed(writer, output, new() { Kind = StreamEventKind.BlockStart, Block = BlockKind.ToolUse, Index = index, Name =
                JsonText.From("f" + index), Id = JsonText.From("c" + index) });
            Assert.Equal(index, Content.Chunks(Encoding.UTF8.GetString(output.Span)).Count);
            foreach (string piece in new[] { "{\\\"a", "\\\":\\\"x", index + "\\\"}" })
            {
                Feed(writer, output, new() { Kind = StreamEventKind.InputDelta, Index = index, Text = new(Encoding.UTF8.GetBytes(piece)) });
            }

            Feed(writer, output, new() { Kind = StreamEventKind.BlockStop, Index = index });
        }

        Assert.Equal(
            ["""[{"functionCall":{"id":"c0","name":"f0","args":{"a":"x0"}}}]""", """[{"functionCall":{"id":"c1","name":"f1","args":{"a":"x1"}}}]"""],
            Content.Chunks(Encoding.UTF8.GetString(output.Span))
                .Select(chunk => chunk.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts").GetRawText()));
    }

    [Theory, Trait("gotcha", "T191"), Trait("gotcha", "T270")]
    [InlineData(false)]
    [InlineData(true)]
    public void The_last_chunk_has_reason_and_counts_and_nothing_follows(bool asArray)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = Writer(asArray);
        Feed(writer, output, new() { Kind = StreamEventKind.MessageStart, Usage = new() { Input = 5, IsReported = true } });
        Feed(writer, output, new() { Kind = StreamEventKind.MessageDelta, StopReason = StopReason.ToolUse, Usage =
            new() { Output = 2, IsReported = true } });
        Feed(writer, output, new() { Kind = StreamEventKind.MessageStop });
        int length = output.Length;
        Feed(writer, output, new() { Kind = StreamEventKind.MessageStop });
        writer.WriteError(new(ErrorKind.Internal), output);
        writer.WriteKeepAlive(output);
        Assert.Equal(length, output.Length);
        string text = Encoding.UTF8.GetString(output.Span);
        JsonElement last = asArray ? JsonDocument.Parse(text).RootElement[0] : Content.Chunks(text)[0];
        Assert.Equal("STOP", last.GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Assert.Equal("""{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}""", last.GetProperty("usageMetadata").GetRawText());
    }

    [Theory, Trait("gotcha", "T169")]
    [InlineData(true)]
    [InlineData(false)]
    public void An_error_closes_an_array_exactly_once(bool afterWords)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = Writer(true);
        if (afterWords)
        {
            Feed(writer, output, new() { Kind = StreamEventKind.MessageStart });
            Feed(writer, output, new() { Kind = StreamEventKind.BlockStart, Block = BlockKind.Text });
            Feed(writer, output, new() { Kind = StreamEventKind.TextDelta, Text = JsonText.From("x") });
        }

        writer.WriteKeepAlive(output);
        writer.WriteError(new(ErrorKind.BadGateway), output);
        writer.WriteError(new(ErrorKind.BadGateway), output);
        JsonElement array = Content.Parse(output.Span);
        Assert.Equal(afterWords ? 2 : 1, array.GetArrayLength());
        Assert.Equal(500, array[array.GetArrayLength() - 1].GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public void A_stream_that_broke_off_ends_with_an_error_as_an_event_and_as_the_bare_tail_that_older_clients_know()
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = Writer(false);
        Feed(writer, output, new() { Kind = StreamEventKind.MessageStart });
        output.Clear();

        writer.WriteError(ErrorMapping.Interrupted, output);

        const string Error = """{"error":{"code":500,"message":"An internal error has occurred. Please retry.","status":"INTERNAL"}}""";
        Assert.Equal($"data: {Error}\n\n{Error}\n", Encoding.UTF8.GetString(output.Span));
    }

    [Fact]
    public void A_sign_of_life_is_an_event_of_its_own()
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = Writer(false);
        writer.WriteKeepAlive(output);
        Assert.Equal("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"index\":0}]}\n\n",
            Encoding.UTF8.GetString(output.Span));

        Feed(writer, output, new() { Kind = StreamEventKind.MessageStart });
        output.Clear();
        writer.WriteKeepAlive(output);
        Assert.Matches("^data: {\"candidates\":.+\"index\":0}],\"modelVersion\":\"[^\"]+\",\"responseId\":\"[^\"]+\"}\n\n$",
            Encoding.UTF8.GetString(output.Span));
    }

    [Fact, Trait("gotcha", "T198")]
    public void Sources_keep_their_place_through_a_stream()
    {
        const string Grounding =
            ""","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a"}}],"groundingSupports":[{"segment":{"startIndex":2,"endIndex":""" +
            """5},"groundingChunkIndices":[0]}]}""";
        byte[] stream = Content.Sse(Content.Answer("""{"text":"\u00e9"}"""), Content.Answer("""{"text":"b\u00e9c"}""", null, Grounding),
            Content.Answer("""{"text":"."}""", "STOP", Grounding));
        Assert.Equal("cite 0 https://a 1-3", Assert.Single(Content.Lines(stream), line => line.StartsWith("cite")));
        JsonElement last = Content.Chunks(Content.Restream(stream))[^1].GetProperty("candidates")[0].GetProperty("groundingMetadata");
        Assert.Equal("""{"startIndex":2,"endIndex":5}""", last.GetProperty("groundingSupports")[0].GetProperty("segment").GetRawText());
    }

    [Fact]
    public void Pictures_arrive_whole_and_unknown_parts_are_told_without_breaking_the_order()
    {
        Assert.Equal(
            ["message m", "start 0 Image", "stop 0", "start 1 ServerToolUse", "stop 1", "because EndTurn", "end"],
            Content.Lines(Content.Answer("""{"inlineData":{"mimeType":"image/png","data":"AA=="}},{"executableCode":{"code":"1"}}""", "STOP")));
    }

    [Fact]
    public void Words_are_read_observed_and_written_without_allocating()
    {
        using var loop = new StreamLoop(GeminiProtocol.Instance, Content.Identity);
        Frame[] frames = [.. new[] { Content.Answer("""{"text":"hello \u00e9"}"""), Content.Answer("""{"text":"t","thought":true}""") }
            .Select(chunk => new Frame(default, Encoding.UTF8.GetBytes(
                chunk[..^1] + ""","usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}""")))];

        // The texts are kept for the positions of sources; the buffers for that grow in the first rounds and are then reused.
        loop.Run(frames[0], 6000);
        loop.Run(frames[1], 200);
        loop.Run(frames[0], 1);
        Assert.Equal(0, Allocations.Least(() => loop.Run(frames[0], 5000)));
        loop.Run(frames[1], 1);
        Assert.Equal(0, Allocations.Least(() => loop.Run(frames[1], 5000)));
    }

    private static IStreamWriter Writer(bool asArray) => GeminiProtocol.Instance.NewStreamWriter(
        new StreamContext(Content.Identity, false, asArray, () => 0));

    private static void Feed(IStreamWriter writer, PooledBuffer output, StreamEvent streamEvent) => writer.Write(streamEvent, output);
}
