using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>Copies of blocks and citations that outlive the frame they were read from.</summary>
internal static class HeldBlocks
{
    /// <summary>A copy of <paramref name="block"/> in <paramref name="arena"/>.</summary>
    public static Block Copy(Block block, IrArena arena)
    {
        Block copy = arena.NewBlock(block.Kind);
        copy.Text = Copy(block.Text, arena);
        copy.Id = Copy(block.Id, arena);
        copy.Name = Copy(block.Name, arena);
        copy.Input = Copy(block.Input, arena);
        copy.InputText = Copy(block.InputText, arena);
        copy.Signature = Copy(block.Signature, arena);
        copy.Origin = block.Origin;
        copy.Redacted = block.Redacted;
        copy.IsError = block.IsError;
        copy.Form = block.Form;
        copy.Source = block.Source;
        copy.MediaType = Copy(block.MediaType, arena);
        copy.Data = Copy(block.Data, arena);
        copy.Title = Copy(block.Title, arena);
        copy.Raw = Copy(block.Raw, arena);
        foreach (Block child in block.Children ?? [])
        {
            copy.AddChild(Copy(child, arena));
        }

        foreach (Citation citation in block.Citations ?? [])
        {
            copy.AddCitation(Copy(citation, arena));
        }

        return copy;
    }

    /// <summary>A copy of <paramref name="citation"/> in <paramref name="arena"/>.</summary>
    public static Citation Copy(in Citation citation, IrArena arena)
    {
        Citation copy = citation;
        copy.Raw = Copy(citation.Raw, arena);
        copy.CitedText = Copy(citation.CitedText, arena);
        copy.Title = Copy(citation.Title, arena);
        copy.Url = Copy(citation.Url, arena);
        copy.SourceId = Copy(citation.SourceId, arena);
        return copy;
    }

    private static JsonText Copy(JsonText text, IrArena arena) => text.IsAbsent ? text : arena.StoreText(text.Span);

    private static JsonSlice Copy(JsonSlice slice, IrArena arena) => slice.IsAbsent ? slice : new(arena.Store(slice.Span));
}
