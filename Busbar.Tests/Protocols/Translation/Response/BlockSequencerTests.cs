using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Response;

public sealed class BlockSequencerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_interleaving_of_text_thinking_and_tools_becomes_a_legal_stream_without_losing_a_byte(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 1000; round++)
        {
            List<Source> sources = Sources(random);
            StreamLegality seen = Play(sources, random, out Losses losses);

            Assert.True(seen.IsComplete);
            Assert.True(losses.IsEmpty);
            foreach (Source source in sources.Where(source => source.Kind == BlockKind.ToolUse))
            {
                (BlockKind _, string id, string name, string text, string _) = Assert.Single(seen.Blocks, block => block.Id == source.Id);
                Assert.Equal("tool" + source.Id, name);
                Assert.Equal(source.Text, text);
            }

            foreach (BlockKind kind in (BlockKind[])[BlockKind.Text, BlockKind.Thinking])
            {
                string expected = Sorted(sources.Where(source => source.Kind == kind).Select(source => source.Text));
                Assert.Equal(expected, Sorted(seen.Blocks.Where(block => block.Kind == kind).Select(block => block.Text)));
            }
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Arguments_cut_anywhere_give_the_same_calls(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 500; round++)
        {
            List<Source> sources = [Tool(0, random), Tool(1, random), Tool(2, random)];
            StreamLegality coarse = Play(sources, new Random(round), out _, maxCut: int.MaxValue);
            StreamLegality fine = Play(sources, new Random(round + 1), out _, maxCut: 1);
            Assert.Equal(coarse.Blocks.OrderBy(block => block.Id), fine.Blocks.OrderBy(block => block.Id));
        }
    }

    [Fact]
    public void A_complete_call_makes_way_at_once_for_the_next()
    {
        using var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        var output = new StreamEvents();
        Losses losses = default;
        AddTool(input, 0, "a", "{\\\"x\\\":1}");
        AddTool(input, 1, "b", "{\\\"y\\\"");
        sequencer.Feed(input, output, ref losses);

        Assert.Equal(
            [
                StreamEventKind.MessageStart, StreamEventKind.BlockStart, StreamEventKind.InputDelta, StreamEventKind.BlockStop,
                StreamEventKind.BlockStart, StreamEventKind.InputDelta,
            ],
            Kinds(output));
    }

    [Fact]
    public void An_incomplete_call_holds_the_next_back_until_it_closes()
    {
        using var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        var output = new StreamEvents();
        Losses losses = default;
        AddTool(input, 0, "a", "{\\\"x\\\":\\\"}");
        AddTool(input, 1, "b", "{}");
        sequencer.Feed(input, output, ref losses);
        Assert.Equal(3, output.Count);

        input.Clear();
        output.Clear();
        AddInput(input, 0, "\\\"}");
        sequencer.Feed(input, output, ref losses);
        Assert.Equal(
            [StreamEventKind.InputDelta, StreamEventKind.BlockStop, StreamEventKind.BlockStart, StreamEventKind.InputDelta],
            Kinds(output));
    }

    [Fact]
    public void Arguments_that_come_after_their_call_has_closed_are_dropped_and_noted()
    {
        using var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        var output = new StreamEvents();
        Losses losses = default;
        AddTool(input, 0, "a", "{}");
        AddTool(input, 1, "b", "{}");
        AddInput(input, 0, " ");
        sequencer.Feed(input, output, ref losses);
        Assert.True(losses.IsEmpty);

        input.Clear();
        AddInput(input, 0, "{}");
        sequencer.Feed(input, output, ref losses);
        Assert.True(losses.Contains(LossField.LateToolArguments));
    }

    [Fact]
    [Trait("gotcha", "T256")]
    public void A_usage_report_after_the_stop_reason_is_in_the_one_terminal()
    {
        StreamLegality seen = Play(events =>
        {
            events.Add(StreamEventKind.MessageDelta).StopReason = StopReason.EndTurn;
            events.Add(StreamEventKind.MessageDelta).Usage = new Usage { Output = 7, IsReported = true };
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal(StopReason.EndTurn, seen.Terminal.StopReason);
        Assert.Equal(7, seen.Terminal.Usage.Output);
    }

    [Fact]
    [Trait("gotcha", "T255")]
    public void Nothing_follows_the_first_MessageStop()
    {
        StreamLegality seen = Play(events =>
        {
            events.Add(StreamEventKind.MessageDelta).StopReason = StopReason.EndTurn;
            events.Add(StreamEventKind.MessageStop);
            events.Add(StreamEventKind.MessageDelta).StopReason = StopReason.MaxTokens;
            events.AddText(9, JsonText.From("late"));
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.True(seen.IsComplete);
        Assert.Empty(seen.Blocks);
    }

    [Fact]
    public void A_signature_stands_after_the_words_it_signs_and_only_once()
    {
        StreamLegality seen = Play(events =>
        {
            events.AddStart(0, BlockKind.Thinking);
            AddSignature(events, 0, "first");
            events.AddText(0, JsonText.From("words"));
            AddSignature(events, 0, "second");
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Equal((BlockKind.Thinking, "", "", "words", "second"), Assert.Single(seen.Blocks));
    }

    [Fact]
    public void An_empty_text_block_never_reaches_the_client()
    {
        StreamLegality seen = Play(events =>
        {
            events.AddStart(0, BlockKind.Text);
            events.AddText(0, JsonText.Empty);
            events.AddStop(0);
            events.Add(StreamEventKind.MessageStop);
        });
        Assert.Empty(seen.Blocks);
    }

    [Fact]
    public void A_stream_that_holds_back_too_much_ends_in_an_error()
    {
        using var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        var output = new StreamEvents();
        Losses losses = default;
        AddTool(input, 0, "a", "{");
        AddTool(input, 1, "b", "{");
        sequencer.Feed(input, output, ref losses);
        JsonText big = new(Encoding.ASCII.GetBytes(new string('x', 1024 * 1024)));
        for (int turn = 0; turn < 17; turn++)
        {
            Assert.Null(turn < 15 ? sequencer.Error : null);
            input.Clear();
            ref StreamEvent added = ref input.Add(StreamEventKind.InputDelta);
            added.Index = 1;
            added.Text = big;
            sequencer.Feed(input, output, ref losses);
        }

        Assert.NotNull(sequencer.Error);
    }

    [Fact]
    public void Storage_goes_back_when_a_stream_is_dropped_half_way()
    {
        var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        Losses losses = default;
        AddTool(input, 0, "a", "{");
        AddTool(input, 1, "b", "{");
        sequencer.Feed(input, new StreamEvents(), ref losses);
        sequencer.Dispose();
        sequencer.Dispose();
        Assert.False(sequencer.IsEnded);
    }

    private static string Sorted(IEnumerable<string> texts) => new([.. string.Concat(texts).Order()]);

    private static StreamEventKind[] Kinds(StreamEvents events) => [.. Enumerable.Range(0, events.Count).Select(index => events[index].Kind)];

    private static StreamLegality Play(Action<StreamEvents> script)
    {
        using var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        Losses losses = default;
        script(input);
        var output = new StreamEvents();
        sequencer.Feed(input, output, ref losses);
        var seen = new StreamLegality();
        for (int index = 0; index < output.Count; index++)
        {
            seen.Take(output[index]);
        }

        return seen;
    }

    private static StreamLegality Play(List<Source> sources, Random random, out Losses losses, int maxCut = 6)
    {
        using var sequencer = new BlockSequencer();
        var input = new StreamEvents();
        var output = new StreamEvents();
        var seen = new StreamLegality();
        losses = default;
        var pending = sources.Select(source => (Source: source, Position: -1)).ToList();
        if (random.Next(2) == 0)
        {
            input.Add(StreamEventKind.MessageStart);
        }

        while (pending.Count > 0)
        {
            // Like a real provider's frame, the bytes are overwritten after the call.
            var overwritten = new List<byte[]>();
            for (int count = random.Next(1, 4); count > 0 && pending.Count > 0; count--)
            {
                int chosen = random.Next(pending.Count);
                (Source source, int position) = pending[chosen];
                if (position < 0)
                {
                    ref StreamEvent start = ref input.AddStart(source.Index, source.Kind);
                    start.Id = JsonText.From(source.Id);
                    start.Name = JsonText.From("tool" + source.Id);
                    pending[chosen] = (source, 0);
                }
                else if (position < source.Escaped.Count)
                {
                    int cut = random.Next(1, Math.Max(2, (int)Math.Min(maxCut, (long)source.Escaped.Count + 1)));
                    byte[] piece = [.. source.Escaped.Skip(position).Take(cut).SelectMany(unit => unit)];
                    overwritten.Add(piece);
                    ref StreamEvent delta = ref input.Add(source.Kind == BlockKind.ToolUse ? StreamEventKind.InputDelta : StreamEventKind.TextDelta);
                    delta.Index = source.Index;
                    delta.Text = new JsonText(piece);
                    pending[chosen] = (source, position + cut);
                }
                else
                {
                    if (random.Next(3) > 0)
                    {
                        input.AddStop(source.Index);
                    }

                    pending.RemoveAt(chosen);
                }
            }

            Drain(sequencer, input, output, seen, ref losses);
            overwritten.ForEach(static piece => piece.AsSpan().Fill((byte)'!'));
        }

        input.Add(StreamEventKind.MessageDelta).StopReason = StopReason.EndTurn;
        input.Add(StreamEventKind.MessageStop);
        Drain(sequencer, input, output, seen, ref losses);
        return seen;
    }

    private static void Drain(BlockSequencer sequencer, StreamEvents input, StreamEvents output, StreamLegality seen, ref Losses losses)
    {
        output.Clear();
        sequencer.Feed(input, output, ref losses);
        for (int index = 0; index < output.Count; index++)
        {
            seen.Take(output[index]);
        }

        input.Clear();
    }

    private static List<Source> Sources(Random random)
    {
        var sources = new List<Source>();
        int count = random.Next(1, 7);
        for (int index = 0; index < count; index++)
        {
            sources.Add(random.Next(3) switch
            {
                0 => new(index, BlockKind.Text, "", Words(random)),
                1 => new(index, BlockKind.Thinking, "", Words(random)),
                _ => Tool(index, random),
            });
        }

        return sources;
    }

    private static Source Tool(int index, Random random) => new(index, BlockKind.ToolUse, "id" + index, Arguments(random));

    private static string Words(Random random) => new([.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => "ab{}[]\"\\ \nü€"[random.Next(12)])]);

    private static string Arguments(Random random) =>
        System.Text.Json.JsonSerializer.Serialize(new Dictionary<string,
            object> { ["k}\"\\"] = Words(random), ["n"] = new[] { 1, 2 }, ["o"] = new Dictionary<string, string> { ["{"] = Words(random) } });

    private static void AddTool(StreamEvents events, int index, string id, string escapedArguments)
    {
        ref StreamEvent start = ref events.AddStart(index, BlockKind.ToolUse);
        start.Id = JsonText.From(id);
        start.Name = JsonText.From("f");
        AddInput(events, index, escapedArguments);
    }

    private static void AddInput(StreamEvents events, int index, string escaped)
    {
        ref StreamEvent delta = ref events.Add(StreamEventKind.InputDelta);
        delta.Index = index;
        delta.Text = new JsonText(Encoding.UTF8.GetBytes(escaped));
    }

    private static void AddSignature(StreamEvents events, int index, string signature)
    {
        ref StreamEvent delta = ref events.Add(StreamEventKind.SignatureDelta);
        delta.Index = index;
        delta.Text = JsonText.From(signature);
    }

    /// <summary>One block as the provider means it; its escaped text in units that may not be cut.</summary>
    private sealed record Source(int Index, BlockKind Kind, string Id, string Text)
    {
        public List<byte[]> Escaped { get; } = [.. Text.EnumerateRunes().Select(rune => JsonText.From(rune.ToString()).Escaped.ToArray())];
    }
}
