using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>What a <see cref="Block"/> of media or documents holds; the block's own members say what each is.</summary>
internal sealed class BlockMedia
{
    /// <inheritdoc cref="Block.Source"/>
    public MediaSource Source;

    /// <inheritdoc cref="Block.MediaType"/>
    public JsonText MediaType;

    /// <inheritdoc cref="Block.Data"/>
    public JsonText Data;

    /// <inheritdoc cref="Block.Detail"/>
    public JsonText Detail;

    /// <inheritdoc cref="Block.Title"/>
    public JsonText Title;

    /// <inheritdoc cref="Block.Context"/>
    public JsonText Context;

    /// <inheritdoc cref="Block.CitationsEnabled"/>
    public bool? CitationsEnabled;

    /// <inheritdoc cref="Block.Phase"/>
    public JsonText Phase;

    /// <summary>Makes it as new.</summary>
    public void Reset()
    {
        MediaType = Data = Detail = Title = Context = Phase = default;
        Source = default;
        CitationsEnabled = null;
    }
}
