using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// A parameter that a model turned out not to take, although its row says nothing of it (current wire facts, 2c). The caller never wrote it, or wrote
/// it in a protocol that has it, so it is not the caller's to remove. OpenAI names it in <c>param</c>; compatible hosts in their words, FastAPI in
/// <c>loc</c>.
/// </summary>
internal static class RefusedParameter
{
    private static readonly string[] Refusals =
    [
        "unsupported", "not supported", "not support", "unknown", "unrecognized", "unrecognised", "unexpected", "extra input", "extra field",
        "extra_forbidden",
        "not permitted", "not allowed", "not accepted", "additional propert", "cannot be used", "not available", "not implemented",
    ];

    /// <summary>
    /// The member of <paramref name="request"/>, a request that was written here, that <paramref name="error"/>, answered with
    /// <paramref name="status"/>, refuses and that the request is much the same without; null when there is none.
    /// </summary>
    public static string? Find(int status, in ProviderError error, JsonNode request)
    {
        if (status is not (400 or 422) || !IsRefusal(error))
        {
            return null;
        }

        if (error.Param is { } path)
        {
            int end = path.AsSpan().IndexOfAny('.', '[');
            string named = end < 0 ? path : path[..end];
            return IsDispensable(named) && !request[Encoding.UTF8.GetBytes(named)].IsMissing ? named : null;
        }

        foreach (JsonMember member in request.Members)
        {
            string name = member.Name.ToString();
            if (IsDispensable(name) && Mentions(error.Message, name))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether <paramref name="error"/> is about the parameter as such, so that the next request will meet it too, rather than about its value.
    /// </summary>
    public static bool IsLasting(in ProviderError error) =>
        error.Code != "unsupported_value" && !(error.Message?.Contains("value", StringComparison.OrdinalIgnoreCase) ?? false);

    /// <summary>
    /// Appends <paramref name="request"/> without its member <paramref name="name"/>, or with the limit under its other name. False, with nothing
    /// written, when it has none. <paramref name="loss"/> is what that costs; null where nothing is lost.
    /// </summary>
    public static bool TryRemove(JsonNode request, string name, PooledBuffer output, out LossField? loss)
    {
        byte[] refused = Encoding.UTF8.GetBytes(name);
        loss = Loss(name);
        if (request[refused].IsMissing)
        {
            return false;
        }

        var json = new JsonWriter(output);
        json.StartObject();
        foreach (JsonMember member in request.Members)
        {
            if (!member.Name.Is(refused))
            {
                json.Raw(member.Name.Span, member.Value.Raw);
            }
            else if (OtherName(name) is { } other)
            {
                json.Raw(Encoding.UTF8.GetBytes(other), member.Value.Raw);
            }
        }

        json.EndObject();
        return true;
    }

    private static bool IsRefusal(in ProviderError error)
    {
        if (error.Code is "unsupported_parameter" or "unsupported_value" or "unknown_parameter" or "unrecognized_parameter" or "extra_forbidden")
        {
            return true;
        }

        foreach (string phrase in Refusals)
        {
            if (error.Message?.Contains(phrase, StringComparison.OrdinalIgnoreCase) ?? false)
            {
                return true;
            }
        }

        return false;
    }

    // A name that is also an ordinary word counts only in quotes, or where the message begins with it.
    private static bool Mentions(string? message, string name)
    {
        for (int at = Next(message, name, 0); at >= 0; at = Next(message, name, at + 1))
        {
            char before = at == 0 ? ' ' : message![at - 1];
            char after = at + name.Length == message!.Length ? ' ' : message[at + name.Length];
            bool isWhole = !char.IsAsciiLetterOrDigit(before) && before != '_' && !char.IsAsciiLetterOrDigit(after) && after != '_';
            if (isWhole && (name.Contains('_') || at == 0 || before is '\'' or '"' or '`'))
            {
                return true;
            }
        }

        return false;
    }

    private static int Next(string? message, string name, int from) => message?.IndexOf(name, from, StringComparison.Ordinal) ?? -1;

    private static bool IsDispensable(string name) => Loss(name) is not null || OtherName(name) is not null || name is "include";

    private static string? OtherName(string name) => name switch
    {
        "max_tokens" => "max_completion_tokens",
        "max_completion_tokens" => "max_tokens",
        _ => null,
    };

    // What shapes an answer but is not what was asked. The form of the answer, tools and the conversation itself are not in the list.
    private static LossField? Loss(string name) => name switch
    {
        "temperature" => LossField.Temperature,
        "top_p" => LossField.TopP,
        "top_k" => LossField.TopK,
        "stop" or "stop_sequences" => LossField.StopSequences,
        "seed" => LossField.Seed,
        "frequency_penalty" => LossField.FrequencyPenalty,
        "presence_penalty" => LossField.PresencePenalty,
        "n" => LossField.CandidateCount,
        "logprobs" or "top_logprobs" => LossField.Logprobs,
        "reasoning_effort" or "reasoning" or "thinking" => LossField.Reasoning,
        "verbosity" => LossField.Verbosity,
        "parallel_tool_calls" => LossField.ParallelToolCalls,
        "prompt_cache_key" => LossField.PromptCacheKey,
        "service_tier" => LossField.ServiceTier,
        "metadata" => LossField.Metadata,
        "user" or "safety_identifier" => LossField.User,
        "store" => LossField.Store,
        "stream_options" => LossField.StreamOptions,
        "web_search_options" => LossField.HostedTool,
        _ => null,
    };
}
