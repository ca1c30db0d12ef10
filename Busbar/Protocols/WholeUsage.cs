using System.Text.Json;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols;

/// <summary>The token counts of a whole answer that nobody else needs to read.</summary>
internal static class WholeUsage
{
    /// <summary>
    /// Finds the top-level member <c>usage</c> of <paramref name="body"/>, skipping everything else, and reads it with <paramref name="read"/>;
    /// unreported when there is none. <paramref name="alias"/> is another name that the member may have.
    /// </summary>
    public static Usage Find(ReadOnlyMemory<byte> body, Func<JsonNode, Usage> read, string alias = "usage")
    {
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        Usage found = default;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isUsage = reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals(alias);
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (isUsage)
                {
                    using var tape = new JsonTape();
                    tape.TryParse(body[start..(int)reader.BytesConsumed]);
                    found = read(tape.Root);
                }
            }
        }
        catch (JsonException)
        {
            // A body that breaks off still counts with what it has reported.
        }

        return found;
    }
}
