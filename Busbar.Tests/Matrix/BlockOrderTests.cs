using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Tests.Protocols.Translation;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix;

/// <summary>Random blocks in random order, overlapping as providers may send them, through every stream writer.</summary>
public sealed class BlockOrderTests
{
    private const int Rounds = 400;

    private static readonly string[] Pieces = ["a", "b c", "\\n", "\\u00e9", "\\\"", "{", "ü", "\\\\", " "];

    private static readonly string[] Arguments = ["{}", "{\\\"city\\\":\\\"R\\u00f6m\\\"}", "{\\n  \\\"a\\\": [1,\\r\\n 2]\\n}", ""];

    public static TheoryData<string> Clients => [.. Hop.Protocols.Select(static protocol => protocol.Id.Name())];

    [Theory]
    [MemberData(nameof(Clients))]
    public void Any_order_of_blocks_reads_back_as_what_was_said(string client)
    {
        Assert.True(ProtocolNames.TryParse(client, out ProtocolId id));
        Protocol ingress = ProtocolTable.Get(id);
        var faults = new List<string>();
        for (int round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            ProtocolId source = Hop.Protocols[random.Next(Hop.Protocols.Count)].Id;
            if (source == id)
            {
                continue;
            }

            var egress = new ScriptedProtocol(source);
            var told = new AnswerDigest();
            Write(egress, random);
            Tell(egress, told);
            using var translation = new StreamTranslation(egress, ingress, new TranslationContext(id, source, Hop.Target(source)),
                Streams.Context(ingress, source));
            byte[] output = Streams.Translate(translation, Enumerable.Range(0, egress.Script.Count).Select(ScriptedProtocol.Frame));
            Assert.True(translation.IsComplete, $"round {round}");
            AnswerDigest seen = Streams.Read(ingress, Streams.Frames(ingress, ingress.StreamContentType, output));
            faults.AddRange(ClientView.Faults(id, told, seen, translation.Losses).Select(fault => $"round {round} from {source.Name()}: {fault}"));
        }

        Assert.True(faults.Count == 0, $"{faults.Count} faults\n{string.Join('\n', faults.Take(20))}");
    }

    [Fact]
    public void Any_order_of_blocks_reaches_the_writers_in_legal_order()
    {
        for (int round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            var egress = new ScriptedProtocol(ProtocolId.Anthropic);
            var ingress = new ScriptedProtocol(ProtocolId.OpenAI);
            Write(egress, random);
            using var translation = new StreamTranslation(egress, ingress,
                new TranslationContext(ProtocolId.OpenAI, ProtocolId.Anthropic, Hop.Target(ProtocolId.Anthropic)),
            Streams.Context(ingress, ProtocolId.Anthropic));
            Streams.Translate(translation, Enumerable.Range(0, egress.Script.Count).Select(ScriptedProtocol.Frame));
            Assert.True(ingress.Seen.IsComplete);
        }
    }

    private static void Tell(ScriptedProtocol egress, AnswerDigest told)
    {
        var events = new StreamEvents();
        foreach (Action<StreamEvents> step in egress.Script)
        {
            step(events);
        }

        for (int index = 0; index < events.Count; index++)
        {
            told.Take(events[index]);
        }
    }

    private static void Write(ScriptedProtocol egress, Random random)
    {
        List<Action<StreamEvents>> script = egress.Script;
        script.Add(static events => events.Add(StreamEventKind.MessageStart).Usage = new Usage { Input = 7, IsReported = true });
        var queues = new List<Queue<Action<StreamEvents>>>();
        int count = random.Next(1, 6);
        bool hasTool = false;
        var words = new List<int>();
        for (int index = 0; index < count; index++)
        {
            bool hadTool = hasTool;
            hasTool = false;
            queues.Add(Block(index, random, egress.Id, ref hasTool));
            if (!hasTool)
            {
                words.Add(index);
            }

            hasTool |= hadTool;
        }

        // Blocks begin in their order; what follows the beginning may overlap with the next.
        int open = 0;
        while (queues.Exists(static queue => queue.Count > 0))
        {
            // Words of one block end before those of the next begin; calls overlap with everything.
            int pick = random.Next(Math.Min(open + 1, count));
            int speaking = words.FindIndex(word => queues[word].Count > 0);
            pick = speaking >= 0 && words.Contains(pick) ? words[speaking] : pick;
            open = Math.Max(open, pick + 1);
            if (queues[pick].TryDequeue(out Action<StreamEvents>? step))
            {
                script.Add(step);
            }
        }

        StopReason stop = hasTool ? StopReason.ToolUse : random.Next(2) == 0 ? StopReason.EndTurn : StopReason.MaxTokens;
        script.Add(events =>
        {
            ref StreamEvent end = ref events.Add(StreamEventKind.MessageDelta);
            end.StopReason = stop;
            end.Usage = new Usage { Input = 7, Output = 5, IsReported = true };
        });
        script.Add(static events => events.Add(StreamEventKind.MessageStop));
    }

    private static Queue<Action<StreamEvents>> Block(int index, Random random, ProtocolId source, ref bool hasTool)
    {
        var steps = new Queue<Action<StreamEvents>>();
        BlockKind kind = random.Next(5) switch
        {
            0 or 1 => BlockKind.Text,
            2 => BlockKind.Thinking,
            _ => BlockKind.ToolUse,
        };
        hasTool |= kind == BlockKind.ToolUse;
        steps.Enqueue(events =>
        {
            ref StreamEvent start = ref events.AddStart(index, kind);
            if (kind == BlockKind.ToolUse)
            {
                start.Id = JsonText.From($"call_{index}");
                start.Name = JsonText.From($"tool_{index}");
            }
        });
        if (kind == BlockKind.ToolUse)
        {
            string arguments = Arguments[random.Next(Arguments.Length)];
            int cut = arguments.IndexOf('[');
            string[] parts = cut > 0 ? [arguments[..cut], arguments[cut..]] : [arguments];
            foreach (string part in parts)
            {
                steps.Enqueue(events =>
                {
                    ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
                    input.Index = index;
                    input.Text = Escaped(part);
                });
            }
        }
        else
        {
            for (int count = random.Next(1, 4); count > 0; count--)
            {
                JsonText piece = Escaped(Pieces[random.Next(Pieces.Length)]);
                steps.Enqueue(events => events.AddText(index, piece));
            }

            if (kind == BlockKind.Thinking && random.Next(2) == 0)
            {
                steps.Enqueue(events =>
                {
                    ref StreamEvent signature = ref events.Add(StreamEventKind.SignatureDelta);
                    signature.Index = index;
                    signature.Text = JsonText.From("c2lnbmVk");
                    signature.Origin = source;
                });
            }
        }

        steps.Enqueue(events => events.AddStop(index));
        return steps;
    }

    private static JsonText Escaped(string escaped) => new(System.Text.Encoding.UTF8.GetBytes(escaped));
}
