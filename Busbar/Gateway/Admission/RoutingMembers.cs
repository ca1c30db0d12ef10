using System.Text.Json;
using Busbar.Gateway.Attempts;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Members by which some hosts choose another model or provider than the one a request names (<c>routing_fields</c> of a provider). A key with an
/// access list or a budget may not send them: the list was judged, and the price was taken, for what the request names.
/// </summary>
internal static class RoutingMembers
{
    /// <summary>What to tell the sender of a request with such a member; null when it has none, or may send it.</summary>
    public static GatewayError? Objection(Exchange exchange)
    {
        if (exchange.Caller.Key is not { Key: { } key } entry
            || (key.AllowedPools.Count == 0 && key.MaxBudgetCents is null && entry is { Limits.Length: 0, Group: null or { Chain.Length: 0 } }))
        {
            return null;
        }

        HashSet<string> names = exchange.Snapshot.ChainOf(exchange.Pool!).RoutingFields;
        if (names.Count == 0 || Find(exchange.Body!.Span, names) is not { } name)
        {
            return null;
        }

        exchange.Snapshot.Governor!.CountAccessRefusal();
        return new GatewayError(ErrorKind.InvalidRequest, $"Unsupported parameter: '{name}' is not available to this API key.", Param: name,
            Code: "unsupported_parameter");
    }

    /// <summary>The folded form of <paramref name="name"/>, in which <see cref="Find"/> compares.</summary>
    public static string Folded(string name) => string.Concat(name.Where(letter => letter is not ('_' or '-'))).ToLowerInvariant();

    /// <summary>
    /// The first of <paramref name="names"/>, which are folded, that <paramref name="body"/> has at its top or in an object that hosts merge into it.
    /// </summary>
    public static string? Find(ReadOnlySpan<byte> body, HashSet<string> names)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        return reader.Read() ? FindInside(ref reader, names, isTop: true) : null;
    }

    private static string? FindInside(ref Utf8JsonReader reader, HashSet<string> names, bool isTop)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<byte> folded = stackalloc byte[NameFold.MaxLength];
        Span<char> text = stackalloc char[NameFold.MaxLength];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int length = SettingNames.Fold(ref reader, folded);
            string? found = null;
            bool isMerged = false;
            if (length > 0)
            {
                ReadOnlySpan<byte> name = folded[..length];
                isMerged = SettingNames.IsMerged(name);
                int letters = System.Text.Encoding.UTF8.GetChars(name, text);
                if (lookup.Contains(text[..letters]) || (!isTop && name.SequenceEqual("model"u8)))
                {
                    found = reader.GetString();
                }
            }

            reader.Read();
            if (found is not null && reader.TokenType != JsonTokenType.Null)
            {
                return found;
            }

            if (isMerged && reader.TokenType == JsonTokenType.StartObject)
            {
                if (FindInside(ref reader, names, isTop: false) is { } inside)
                {
                    return inside;
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return null;
    }
}
