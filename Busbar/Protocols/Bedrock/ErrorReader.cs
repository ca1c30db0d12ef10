using System.Text;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>Reads error bodies and the exception frames of streams.</summary>
internal static class ErrorReader
{
    private const int MaxCharacters = 2048;

    /// <summary>
    /// Lifts type and message; the message also serves as the code, since the service has no other. The genuine service names the type in a header
    /// and leaves it out of the body.
    /// </summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return default;
        }

        string? message = Message(tape.Root);
        string? type = Bounded(tape.Root["__type"u8].Text);
        return new ProviderError(message, type is null ? null : Bare(type), message, status == 400 && IsContextLength(message));
    }

    /// <summary>
    /// The failure that stands where an answer is expected: <c>{"message":…}</c>, with or without <c>__type</c>, and no output. Null when there are
    /// no such words.
    /// </summary>
    public static StreamError? ReadInBand(JsonNode root)
    {
        string? type = Bounded(root["__type"u8].Text);
        return Message(root) is null && type is null ? null : ReadException(
            Encoding.UTF8.GetBytes(type is null ? string.Empty : CamelCase(Bare(type))), root);
    }

    /// <summary>Reads an exception frame; <paramref name="name"/> is its bare name.</summary>
    public static StreamError ReadException(ReadOnlySpan<byte> name, JsonNode root)
    {
        string? message = Message(root);
        bool isContextLength = IsContextLength(message);
        FaultClass faultClass = Exceptions.ClassOf(name, root["originalStatusCode"u8].Integer, isContextLength);
        string? type = name.IsEmpty ? null : PascalCase(Encoding.UTF8.GetString(name));
        return new StreamError(faultClass, new ProviderError(message, type, message, isContextLength));
    }

    private static string? Message(JsonNode root) => ErrorWords.Of(root, MaxCharacters);

    // "com.amazon.coral.service#ThrottlingException", or "ThrottlingException:http://internal.amazon.com/…".
    private static string Bare(string type)
    {
        int suffix = type.IndexOf(":http", StringComparison.Ordinal);
        string trimmed = (suffix > 0 ? type[..suffix] : type).TrimEnd('#', '/');
        string bare = trimmed[(trimmed.LastIndexOfAny(['#', '/']) + 1)..];
        return bare.Length == 0 ? type : bare;
    }

    // error_map names exceptions as the documentation does.
    private static string PascalCase(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    // Frames name them so.
    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static bool IsContextLength(string? message) => message is not null
        && (Has(message, "input is longer than the maximum number of tokens")
            || Has(message, "input is too long for requested model")
            || Has(message, "prompt is too long")
            || (Has(message, "maximum-tokens") && Has(message, "requested"))
            || (Has(message, "exceeds the maximum") && (Has(message, "token") || Has(message, "context"))));

    private static bool Has(string message, string phrase) => message.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static string? Bounded(JsonText text)
    {
        string value = text.ToString();
        return value.Length == 0 ? null : value.Length <= MaxCharacters ? value : value[..MaxCharacters];
    }
}
