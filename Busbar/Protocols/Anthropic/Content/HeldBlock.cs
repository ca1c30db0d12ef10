using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>
/// A streamed block that the events can only carry whole: it is kept from its start until its stop, with the deltas that complete one of
/// its members (arguments of a hosted tool, text of a compaction).
/// </summary>
internal sealed class HeldBlock : IDisposable
{
    private readonly PooledBuffer _start = new(256);
    private readonly PooledBuffer _completed = new(256);
    private readonly PooledBuffer _raw = new(256);
    private readonly JsonTape _tape = new();
    private string? _member;

    /// <summary>Number of the block in its stream; -1 when none is held.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>Begins to hold the block that <paramref name="node"/> starts.</summary>
    public void Start(int index, JsonNode node)
    {
        _start.Clear();
        _start.Write(node.Raw.Span);
        _completed.Clear();
        _member = null;
        Index = index;
    }

    /// <summary>Takes a piece of the JSON text of <c>input</c>.</summary>
    public void AddInput(JsonText fragment)
    {
        _member = "input";
        JsonEscaping.Unescape(fragment.Span, _completed);
    }

    /// <summary>Takes the whole value of <c>content</c>.</summary>
    public void SetContent(JsonNode content)
    {
        _member = "content";
        _completed.Clear();
        _completed.Write(content.Raw.Span);
    }

    /// <summary>Ends the block and hands it out; it lives as long as <paramref name="arena"/>.</summary>
    public Block Take(IrArena arena)
    {
        Index = -1;
        _raw.Clear();
        if (_member is null || !JsonSyntax.IsValue(_completed.Span))
        {
            _raw.Write(_start.Span);
        }
        else
        {
            Complete(_member == "input" ? "input"u8 : "content"u8);
        }

        _tape.TryParse(arena.Store(_raw.Span));
        return BlockReader.Read(_tape.Root, arena, out _);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _start.Dispose();
        _completed.Dispose();
        _raw.Dispose();
        _tape.Dispose();
    }

    private void Complete(ReadOnlySpan<byte> name)
    {
        _tape.TryParse(_start.Memory);
        var output = new JsonWriter(_raw);
        output.StartObject();
        foreach (JsonMember member in _tape.Root.Members)
        {
            if (!member.Name.Is(name))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        output.Raw(name, _completed.Span);
        output.EndObject();
    }
}
