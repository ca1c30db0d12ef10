using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// Hides the usage of chunks. Only the bytes of the top-level member go; everything else keeps its spelling and order.
/// </summary>
internal sealed class UsageFilter : IUsageFilter
{
    private readonly JsonTape _tape = new();

    /// <inheritdoc/>
    public (int Start, int Length) Hidden(ReadOnlyMemory<byte> data)
    {
        ReadOnlySpan<byte> text = data.Span;
        if (text.IndexOf("\"usage\""u8) < 0 || !_tape.TryParse(data))
        {
            return default;
        }

        JsonNode root = _tape.Root;
        if (root["usage"u8].IsObject && root["choices"u8] is { IsArray: true } choices && choices[0].IsMissing)
        {
            return (0, text.Length);
        }

        foreach (JsonMember member in root.Members)
        {
            if (member.Name.Span.SequenceEqual("usage"u8) && text.Overlaps(member.Name.Span, out int name)
                && text.Overlaps(member.Value.Raw.Span, out int value))
            {
                return Widen(text, name - 1, value + member.Value.Raw.Raw.Length);
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public void Dispose() => _tape.Dispose();

    // One of the commas beside a member goes with it.
    private static (int Start, int Length) Widen(ReadOnlySpan<byte> text, int start, int end)
    {
        int before = text[..start].TrimEnd(" \t\r\n"u8).Length - 1;
        if (text[before] == (byte)',')
        {
            return (before, end - before);
        }

        int after = text.Length - text[end..].TrimStart(" \t\r\n"u8).Length;
        return text[after] == (byte)',' ? (start, after + 1 - start) : (start, end - start);
    }
}
