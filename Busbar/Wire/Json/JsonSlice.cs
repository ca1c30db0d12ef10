namespace Busbar.Wire.Json;

/// <summary>
/// One complete JSON value as raw UTF-8, copied verbatim wherever it goes: schemas, tool arguments, unknown fields. Numbers keep
/// their spelling. <c>default</c> is an absent value, which differs from <c>null</c>.
/// </summary>
internal readonly struct JsonSlice
{
    /// <summary>Wraps one valid JSON value. The memory must outlive the slice.</summary>
    public JsonSlice(ReadOnlyMemory<byte> raw) => Raw = raw;

    /// <summary>The value's bytes; empty when absent.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The value's bytes; empty when absent.</summary>
    public ReadOnlySpan<byte> Span => Raw.Span;

    /// <summary>True when there is no value at all.</summary>
    public bool IsAbsent => Raw.IsEmpty;

    /// <summary>True when absent or the literal <c>null</c>.</summary>
    public bool IsNull => Raw.IsEmpty || Span[0] == (byte)'n';

    /// <summary>True when the value is an object.</summary>
    public bool IsObject => !Raw.IsEmpty && Span[0] == (byte)'{';

    /// <summary>True when the value is an array.</summary>
    public bool IsArray => !Raw.IsEmpty && Span[0] == (byte)'[';

    /// <summary>True when the value is a string.</summary>
    public bool IsString => !Raw.IsEmpty && Span[0] == (byte)'"';

    /// <summary>The inside of a string value; absent for any other kind.</summary>
    public JsonText AsText() => IsString ? new(Raw[1..^1]) : default;

    /// <summary>Copies constant JSON. Allocates; for constants and tests.</summary>
    public static JsonSlice From(ReadOnlySpan<byte> json) => new(json.ToArray());

    /// <inheritdoc/>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Span);
}
