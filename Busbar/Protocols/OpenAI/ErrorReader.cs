using System.Globalization;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>Lifts what an error body says. Compatible hosts send integer codes, bare strings, or a top-level message.</summary>
internal static class ErrorReader
{
    private const int MaxCode = 128;
    private const int MaxMessage = 4096;

    /// <summary>Reads an error body answered with <paramref name="status"/>. Never throws.</summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return new(null, null, null);
        }

        JsonNode root = tape.Root.IsArray ? tape.Root[0] : tape.Root;
        return Lift(status, root);
    }

    /// <summary>
    /// Whether <paramref name="root"/>, which stands where an answer or a chunk is expected, is an error instead: one under <c>error</c>, or, as
    /// vLLM, Mistral and FastAPI put them, flat.
    /// </summary>
    public static bool Is(JsonNode root)
    {
        if (HasError(root))
        {
            return true;
        }

        bool isAnswer = !root["choices"u8].IsNull || !root["output"u8].IsNull || root["usage"u8].IsObject;
        return root["object"u8].Text.Is("error"u8)
            || (!isAnswer && (HasWords(root["message"u8]) || HasWords(root["detail"u8]) || HasWords(root["errors"u8])
                || HasWords(root["error_message"u8]) || HasWords(root["error_msg"u8])));
    }

    /// <summary>Whether <paramref name="node"/>, a body, a chunk or a choice, has something under <c>error</c>.</summary>
    public static bool HasError(JsonNode node) => node["error"u8].Members.MoveNext() || !node["error"u8].Text.IsNullOrEmpty;

    /// <summary>Reads an object that holds <c>error</c>, or the error's fields themselves.</summary>
    public static ProviderError Lift(int status, JsonNode root)
    {
        JsonNode error = root["error"u8];
        JsonNode fields = error.IsObject ? error : root;
        string? code = Code(fields["code"u8]);
        string? type = Bounded(fields["type"u8].Text, MaxCode);
        string? message = ErrorWords.Of(error, MaxMessage) ?? ErrorWords.Of(root, MaxMessage) 
            ?? ErrorWords.Of(root["error_message"u8], MaxMessage) ?? ErrorWords.Of(root["error_msg"u8], MaxMessage);
        bool isContext = status is 400 or 413 && (code == "context_length_exceeded" || (IsVague(code) && SaysTooLong(type, message)));
        string? param = Bounded(fields["param"u8].Text, MaxCode) ?? ErrorWords.Param(root["detail"u8]);
        return new(
            isContext && IsVague(code) ? "context_length_exceeded" : code,
            type,
            message,
            isContext,
            code == "invalid_api_key" && status is not (401 or 403),
            param,
            WaitWords.Of(message),
            IsVague(code) ? null : code);
    }

    /// <summary>What kind of failure an error inside a 200 stands for.</summary>
    public static FaultClass Classify(in ProviderError error)
    {
        foreach (string? word in (ReadOnlySpan<string?>)[error.Code, error.Type])
        {
            FaultClass? known = word switch
            {
                "context_length_exceeded" or "string_above_max_length" => FaultClass.ContextLength,
                "insufficient_quota" or "billing_hard_limit_reached" or "402" => FaultClass.Billing,
                "rate_limit_exceeded" or "rate_limit_error" or "requests" or "tokens" or "429" => FaultClass.RateLimit,
                "invalid_api_key" or "authentication_error" or "permission_error" or "401" or "403" => FaultClass.Auth,
                "overloaded" or "overloaded_error" or "server_is_overloaded" or "slow_down" or "529" or "503" => FaultClass.Overloaded,
                "timeout" or "timeout_error" or "408" or "504" => FaultClass.Timeout,
                "invalid_request_error" or "content_filter" or "400" or "404" or "413" or "422" => FaultClass.ClientError,
                _ => null,
            };
            if (known is not null)
            {
                return known.Value;
            }
        }

        return SaysTooLong(error.Type, error.Message) ? FaultClass.ContextLength : FaultClass.ServerError;
    }

    private static bool HasWords(JsonNode node) => !node.Text.IsNullOrEmpty || node.IsObject || !node[0].IsMissing;

    private static string? Code(JsonNode code) =>
        code.IsNumber ? code.Integer?.ToString(CultureInfo.InvariantCulture) : Bounded(code.Text, MaxCode);

    private static string? Bounded(JsonText text, int most)
    {
        string value = text.ToString();
        return text.IsAbsent ? null : value.Length <= most ? value : value[..most];
    }

    // A number, or the type again, is a code only in form.
    private static bool IsVague(string? code) => code is null or "invalid_request_error" || code.AsSpan().ContainsAnyInRange('0', '9')
        && long.TryParse(code, out _);

    private static bool SaysTooLong(string? type, string? message)
    {
        if (type is "exceed_context_size_error" or "too_many_prompt_tokens")
        {
            return true;
        }

        return message is not null
            && (Has(message, "maximum context length") || Has(message, "context length exceeded") || Has(message, "reduce the length")
                || (Has(message, "exceeds") && (Has(message, "context") || Has(message, "token limit"))));
    }

    private static bool Has(string text, string phrase) => text.Contains(phrase, StringComparison.OrdinalIgnoreCase);
}
