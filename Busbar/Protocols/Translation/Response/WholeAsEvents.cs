using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>A whole answer told as the events of a stream.</summary>
internal static class WholeAsEvents
{
    /// <summary>Appends the events of <paramref name="response"/>, terminal included, or its failure.</summary>
    public static void Append(ChatResponse response, StreamEvents events)
    {
        if (response.Failure is { } failure)
        {
            events.Add(StreamEventKind.Error).Error = failure;
            return;
        }

        ref StreamEvent start = ref events.Add(StreamEventKind.MessageStart);
        start.Id = response.Id;
        start.Model = response.Model;
        start.Created = response.Created;
        start.Usage = response.Usage;
        for (int index = 0; index < response.Blocks.Count; index++)
        {
            Append(response.Blocks[index], index, response.Arena, events);
        }

        ref StreamEvent delta = ref events.Add(StreamEventKind.MessageDelta);
        delta.StopReason = response.StopReason;
        delta.StopSequence = response.StopSequence;
        delta.StopCategory = response.StopCategory;
        delta.StopExplanation = response.StopExplanation;
        delta.Usage = response.Usage;
        delta.ServiceTier = response.ServiceTier;
        delta.HasOtherCandidates = response.HasOtherCandidates || response.Next is not null;
        events.Add(StreamEventKind.MessageStop);
    }

    private static void Append(Block block, int index, IrArena arena, StreamEvents events)
    {
        ref StreamEvent start = ref events.AddStart(index, block.Kind);
        switch (block.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal:
            case BlockKind.Thinking when !block.Redacted:
                events.AddText(index, block.Text);
                AppendCitations(block, index, events);
                AppendSignature(block, index, events);
                break;
            case BlockKind.ToolUse:
                start.Id = block.Id;
                start.Name = block.Name;
                start.Form = block.Form;
                start.Namespace = block.Namespace;
                ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
                input.Index = index;
                input.Text = Arguments(block, arena);
                AppendSignature(block, index, events);
                break;
            default:
                start.Whole = block;
                break;
        }

        events.AddStop(index);
    }

    private static void AppendCitations(Block block, int index, StreamEvents events)
    {
        foreach (Citation citation in block.Citations ?? [])
        {
            ref StreamEvent cited = ref events.Add(StreamEventKind.CitationDelta);
            cited.Index = index;
            cited.Citation = citation;
        }
    }

    private static void AppendSignature(Block block, int index, StreamEvents events)
    {
        if (!block.Signature.IsNullOrEmpty)
        {
            ref StreamEvent signed = ref events.Add(StreamEventKind.SignatureDelta);
            signed.Index = index;
            signed.Origin = block.Origin;
            signed.Text = block.Signature;
        }
    }

    private static JsonText Arguments(Block block, IrArena arena)
    {
        if (block.Input.IsAbsent)
        {
            return block.InputText;
        }

        return arena.StoreEscaped(block.Input.Span);
    }
}
