using System.Text.Json;
using Busbar.Configuration.Model.Providers;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Betas that a request asks for in its body: Claude's on Bedrock, in <c>additionalModelRequestFields.anthropic_beta</c>, and <c>anthropic_beta</c>
/// or <c>betas</c> at the top of Messages bodies, as hosts other than Anthropic read them.
/// </summary>
internal static class BodyBetas
{
    /// <summary>Whether bodies to <paramref name="provider"/> are searched for betas to leave out.</summary>
    public static bool MayDeny(ProviderConfig provider) => HolderOf(provider) is not null;

    /// <summary>
    /// <paramref name="body"/> without those that <paramref name="provider"/> denies, which are added to <paramref name="denied"/>. What stays keeps
    /// its offset: the list is filled up with blanks.
    /// </summary>
    public static ReadOnlyMemory<byte> Without(ProviderConfig provider, ReadOnlyMemory<byte> body, ref List<string>? denied)
    {
        if (HolderOf(provider) is not { } holder)
        {
            return body;
        }

        byte[]? copy = null;
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        if (reader.Read())
        {
            Search(ref reader, provider, holder, isInside: holder.Length == 0, body.Span, ref denied, ref copy);
        }

        return copy ?? body;
    }

    // Null where nothing is denied, or betas have no place in bodies.
    private static string? HolderOf(ProviderConfig provider) =>
        provider.DenyBetas.Count == 0 ? null : ProtocolTable.Get(provider.Protocol).Traffic.BetaHolder;

    private static void Search(ref Utf8JsonReader reader, ProviderConfig provider, string holder, bool isInside, ReadOnlySpan<byte> body,
        ref List<string>? denied, ref byte[]? copy)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isList = isInside && (reader.Is("anthropic_beta") || reader.Is("betas"));
            bool isFields = !isInside && reader.Is(holder);
            reader.Read();
            if (isList && reader.TokenType == JsonTokenType.StartArray)
            {
                Filter(ref reader, provider.DenyBetas, body, ref denied, ref copy);
            }
            else if (isFields && reader.TokenType == JsonTokenType.StartObject)
            {
                Search(ref reader, provider, holder, isInside: true, body, ref denied, ref copy);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void Filter(ref Utf8JsonReader reader, IReadOnlyList<string> deny, ReadOnlySpan<byte> body, ref List<string>? denied,
        ref byte[]? copy)
    {
        int start = (int)reader.BytesConsumed;
        List<Range> kept = [];
        int before = denied?.Count ?? 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int from = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.String && Denied(reader, deny) is { } beta)
            {
                (denied ??= []).Add(beta);
                continue;
            }

            reader.Skip();
            kept.Add(from..(int)reader.BytesConsumed);
        }

        if ((denied?.Count ?? 0) == before)
        {
            return;
        }

        copy ??= body.ToArray();
        Span<byte> list = copy.AsSpan(start..(int)reader.TokenStartIndex);
        list.Fill((byte)' ');
        for (int index = 0; index < kept.Count; index++)
        {
            if (index > 0)
            {
                list[0] = (byte)',';
                list = list[1..];
            }

            ReadOnlySpan<byte> item = body[kept[index]];
            item.CopyTo(list);
            list = list[item.Length..];
        }
    }

    private static string? Denied(in Utf8JsonReader reader, IReadOnlyList<string> deny)
    {
        foreach (string beta in deny)
        {
            if (reader.Is(beta))
            {
                return beta;
            }
        }

        return null;
    }
}
