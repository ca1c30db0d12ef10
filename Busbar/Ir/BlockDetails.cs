using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>What a <see cref="Block"/> holds beside words; the block's own members say what each is.</summary>
internal sealed class BlockDetails
{
    /// <inheritdoc cref="Block.Id"/>
    public JsonText Id;

    /// <inheritdoc cref="Block.Name"/>
    public JsonText Name;

    /// <inheritdoc cref="Block.Input"/>
    public JsonSlice Input;

    /// <inheritdoc cref="Block.InputText"/>
    public JsonText InputText;

    /// <inheritdoc cref="Block.Signature"/>
    public JsonText Signature;

    /// <inheritdoc cref="Block.Children"/>
    public List<Block>? Children;

    /// <inheritdoc cref="Block.Citations"/>
    public List<Citation>? Citations;

    /// <inheritdoc cref="Block.Namespace"/>
    public JsonText Namespace;

    /// <inheritdoc cref="Block.OwnName"/>
    public JsonText OwnName;

    /// <summary>Makes the details as new, keeping list storage.</summary>
    public void Reset()
    {
        Id = Name = InputText = Signature = Namespace = OwnName = default;
        Input = default;
        Children?.Empty();
        Citations?.Empty();
    }
}
