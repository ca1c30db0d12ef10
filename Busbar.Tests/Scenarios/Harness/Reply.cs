using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>An answer as a client got it.</summary>
internal sealed record Reply(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as text; of a binary stream, a character for each byte.</summary>
    public string Text => StreamText.EncodingOf(this["Content-Type"]).GetString(Body);

    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>A header's value; null when it is not there.</summary>
    public string? this[string name] => Headers.GetValueOrDefault(name);

    /// <summary>Reads a response to its end.</summary>
    public static async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return new Reply((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
        }
    }
}
