using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Busbar.Upstream.Identity;

/// <summary>What a token or metadata service said.</summary>
/// <param name="place">Its name, for operators.</param>
/// <param name="status">HTTP status.</param>
/// <param name="headers">Header lines.</param>
/// <param name="body">The body, of bounded length.</param>
internal sealed class CredentialReply(string place, int status, HttpResponseHeaders headers, byte[] body)
{
    // An error word of a service: a code, never a sentence, which could repeat what it was sent.
    private const int LongestWord = 64;

    /// <summary>HTTP status.</summary>
    public int Status => status;

    /// <summary>Whether it did what it was asked.</summary>
    public bool IsSuccess => status is >= 200 and < 300;

    /// <summary>Header lines.</summary>
    public HttpResponseHeaders Headers => headers;

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(body);

    /// <summary>The body as a JSON object. Throws <see cref="IdentityException"/> when it is none.</summary>
    public JsonElement Json()
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document.RootElement.Clone();
            }
        }
        catch (JsonException)
        {
            // Said below: its message may quote the body.
        }

        throw new IdentityException($"{place}: the answer is not JSON (HTTP {status})");
    }

    /// <summary>A refusal, with the word for it that the service has.</summary>
    public IdentityException Refused(string? what = null) =>
        new($"{what ?? place}: {(Word() is { } word ? $"{word} " : "")}(HTTP {status})");

    /// <summary>A text that must be there, fit for a header. Throws <see cref="IdentityException"/> when it is not.</summary>
    public string Required(JsonElement json, string name) =>
        Find(json, name) is { Length: > 0 } text && !text.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? text
            : throw new IdentityException($"{place}: the answer has no usable {name}");

    /// <summary>A text or number as text; null where there is none.</summary>
    public static string? Find(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out JsonElement value)
        ? value.ValueKind switch { JsonValueKind.String => value.GetString(), JsonValueKind.Number => value.GetRawText(), _ => null }
        : null;

    /// <summary>A moment in ISO 8601, which must be there. Throws <see cref="IdentityException"/> when it is not.</summary>
    public DateTimeOffset Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? moment
            : throw new IdentityException($"{place}: the answer does not say when the credential ends");

    /// <summary>A number of seconds, which must be there and be positive. Throws <see cref="IdentityException"/> when it is not.</summary>
    public TimeSpan Seconds(JsonElement json, string name) =>
        double.TryParse(Find(json, name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : throw new IdentityException($"{place}: the answer does not say when the token ends ({name})");

    // OAuth's error, Google's status, AWS's Code; of Microsoft's sentences only the number.
    private string? Word()
    {
        string text = Text;
        int code = text.IndexOf("<Code>", StringComparison.Ordinal);
        if (code >= 0 && text.IndexOf("</Code>", code, StringComparison.Ordinal) is > 0 and var end)
        {
            return Safe(text[(code + 6)..end]);
        }

        try
        {
            JsonElement json = Json();
            string? number = Find(json, "error_description") is { } sentence && sentence.StartsWith("AADSTS", StringComparison.Ordinal)
                ? Safe(sentence.Split(':')[0])
                : null;
            string? word = Find(json, "error") ?? Find(json, "Code") ?? Find(json, "code") ?? Find(json, "__type");
            if (word is null && json.TryGetProperty("error", out JsonElement inner))
            {
                word = Find(inner, "status") ?? Find(inner, "code");
            }

            return number is null ? Safe(word) : $"{Safe(word)} {number}";
        }
        catch (IdentityException)
        {
            return null;
        }
    }

    private static string? Safe(string? word) =>
        word is { Length: > 0 and <= LongestWord } && word.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-') ? word
            : null;
}
