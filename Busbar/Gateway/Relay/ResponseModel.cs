using System.Buffers;
using System.Text;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// The model that an answer says it is from. Providers write it, so only what looks like a model's name is taken: never words that could be content.
/// </summary>
internal static class ResponseModel
{
    private const int LongestName = 128;

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@-"u8);

    /// <summary>The model of a whole answer; null when it names none (Bedrock and Cohere never do).</summary>
    public static string? OfBody(Protocol protocol, ReadOnlyMemory<byte> json) =>
        protocol.ModelMember.IsEmpty ? null : Member(json, protocol.ModelMember);

    /// <summary>The model named by an event that is whole in these bytes of an event stream; null when none is.</summary>
    public static string? OfEvents(Protocol protocol, ReadOnlyMemory<byte> bytes)
    {
        while (!protocol.ModelMember.IsEmpty && bytes.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            ReadOnlyMemory<byte> line = bytes[..end];
            bytes = bytes[(end + 1)..];
            if (!line.Span.StartsWith("data:"u8))
            {
                continue;
            }

            ReadOnlyMemory<byte> json = line["data:".Length..];
            if (!protocol.StreamModelHolder.IsEmpty)
            {
                json = TopLevelMember.TryFind(json, protocol.StreamModelHolder, out JsonSlice message) ? message.Raw : default;
            }

            if (OfBody(protocol, json) is { } model)
            {
                return model;
            }
        }

        return null;
    }

    private static string? Member(ReadOnlyMemory<byte> json, ReadOnlySpan<byte> name)
    {
        if (!TopLevelMember.TryFind(json, name, out JsonSlice value) || !value.IsString)
        {
            return null;
        }

        ReadOnlySpan<byte> text = value.AsText().Span;
        return text.Length is > 0 and <= LongestName && !text.ContainsAnyExcept(NameBytes) ? Encoding.ASCII.GetString(text) : null;
    }
}
